/** What every stage offers to be measured: the same five operations on the same orders. */

import type { EntityRecord } from "../../src/model/value.ts";
import type { CollectionCounter } from "./collections.ts";
import type { Transport } from "./options.ts";

export const OPERATIONS = ["Get", "BatchGet", "List", "Create", "Update"] as const;
export type OperationName = (typeof OPERATIONS)[number];

/** Does the nth call, and throws unless it was answered as it should be. A promise only where the stage has to wait. */
export type Once = (n: number) => Promise<void> | void;

export interface Stage {
  /** A floor lacks what it has no store for. */
  readonly operations: { readonly [name in OperationName]?: Once };
  /** Process that serves, where that is another one. */
  readonly server: number | undefined;
  /** What it collects, where that is another process and on V8. */
  readonly collections?: CollectionCounter | undefined;
  close(): Promise<void>;
}

/** What the calls ask for; each stage puts it into its own form before anything is timed. */
export interface Inputs {
  /** Rows that are there, in no order. */
  readonly ids: readonly string[];
  readonly batches: readonly (readonly string[])[];
  /** Each with more orders than a page holds. */
  readonly users: readonly string[];
  /** To be created again under other keys. */
  readonly orders: readonly EntityRecord[];
}

/** How the sidecar is served, in the stages that have one. */
export interface Serving {
  readonly transport: Transport;
  /** Entities beside those of the example. */
  readonly entities: number;
}

export type OpenStage = (file: string, inputs: Inputs, serving: Serving) => Promise<Stage>;

export const BATCH = 100;
export const PAGE = 50;

/** The nth of what is asked for in turn. */
export function nth<T>(items: readonly T[], n: number): T {
  const item = items[n % items.length];
  if (item === undefined) throw new Error("there is nothing to ask for");
  return item;
}

/** An answer that is not as it should be would make every number a lie. */
export function expect(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(`the answer is wrong: ${what}`);
}
