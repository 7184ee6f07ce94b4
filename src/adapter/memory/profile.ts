/** What the adapter is: the reference, or as weak as the poorest engines there will be (see README.md). */

import type { Capabilities } from "../capabilities.ts";
import type { OrderedStore } from "../conjuncts.ts";

export interface Profile {
  readonly capabilities: Capabilities;
  readonly planner: OrderedStore;
  /** Rows lie by a hash of their first value, so that there is no order to ask for. */
  readonly hashed: boolean;
  /** Indexes leave out rows that lack a value. */
  readonly sparse: boolean;
  /** Whether outcomes hold rows, and say why a mutation was rejected. */
  readonly tells: boolean;
  /** Whether `write` takes guards and arithmetic; without, `modify` alone does. */
  readonly expressive: boolean;
  /** Nanoseconds; stored timestamps are multiples of it. */
  readonly precision: bigint;
}

const yes = { supported: true } as const;

/** Most mutations of one atomic step, which holds the event loop. */
const MOST_IN_STEP = 1_000;

/** Most rows that a Count beside writes looks at, which holds the event loop, too. */
export const MOST_COUNTED = 20_000;

export const reference: Profile = {
  capabilities: {
    atomic_batch: { supported: true, limit: MOST_IN_STEP },
    batch_get: yes,
    conditional_write: yes,
    modify: yes,
    returning: yes,
    increment: yes,
    collections: yes,
    request_id: yes,
    execute: { supported: true, limit: MOST_IN_STEP },
    execute_read: { supported: true, limit: MOST_COUNTED },
    consistent_read: yes,
    count: yes,
    exact_total: yes,
    skip: { supported: true, limit: 100_000 },
    key_order: yes,
    index_order: yes,
    tie_order: yes,
    range: yes,
    absent_in_index: yes,
    unique_index: yes,
    unique_ignores_deleted: yes,
    unique_frees_expired: yes,
    restore: yes,
    timestamp_nanos: yes,
    consistency: { supported: true, values: ["strong", "eventual"] },
    isolation: { supported: true, values: ["serializable"] },
    schema: yes,
  },
  planner: { keyOrder: true, indexOrder: true, range: true, absentInIndex: true, pushes: () => true },
  hashed: false,
  sparse: false,
  tells: true,
  expressive: true,
  precision: 1n,
};

export const weak: Profile = {
  capabilities: {
    atomic_batch: { supported: true, limit: 25 },
    batch_get: { supported: true, limit: 25 },
    modify: yes,
    execute: { supported: true, limit: 25 },
    unique_index: yes,
    unique_ignores_deleted: yes,
    unique_frees_expired: yes,
    restore: yes,
    timestamp_nanos: { supported: false, limit: 1_000_000 },
    isolation: { supported: true, values: ["serializable"] },
    schema: yes,
  },
  planner: { keyOrder: false, indexOrder: false, range: false, absentInIndex: false, pushes: () => false },
  hashed: true,
  sparse: true,
  tells: false,
  expressive: false,
  precision: 1_000_000n,
};
