/** A store under test: repositories over one adapter, with a clock that stands still until a clause moves it. */

import type { Adapter } from "../../src/adapter/adapter.ts";
import type { Capabilities } from "../../src/adapter/capabilities.ts";
import type { Clock } from "../../src/model/clock.ts";
import type { Collections, Transactions } from "../../src/repository/repository.ts";
import type { Rows } from "./rows.ts";

export interface Subject {
  /** As in `stores.ts`. */
  readonly name: string;
  readonly capabilities: Capabilities;
  /** The adapter itself, for clauses about its own contract. */
  readonly adapter: Adapter;
  readonly clock: ManualClock;
  /** The rows of an entity of test/entities, for example "Account". */
  rows(entity: string): Rows;
  readonly transactions: Transactions;
  readonly collections: Collections;
  /** Text that no other clause uses, for keys and values that must not meet; sorts by the order it was asked for. */
  unique(prefix: string): string;
  /** How often the adapter was asked for something that costs I/O. */
  calls(): number;
}

/** Time by hand, nanoseconds. */
export interface ManualClock extends Clock {
  advance(nanoseconds: bigint): void;
}

/** Nanoseconds. */
export const MILLISECOND = 1_000_000n;
export const SECOND = 1_000_000_000n;
export const HOUR: bigint = 3_600n * SECOND;

/** 2026-01-02T03:04:05.678Z: whole milliseconds, which every store can keep. */
const START = 1_767_323_045_678_000_000n;

export function manualClock(start: bigint = START): ManualClock {
  let now = start;
  return {
    now: () => now,
    advance: (nanoseconds) => {
      now += nanoseconds;
    },
  };
}
