/** What the adapter is: the reference, or as weak as the poorest engines there will be (see README.md). */

import type { Capabilities } from "../capabilities.ts";
import type { OrderedStore } from "../planner/planner.ts";
import { orderCapabilities, SORTED, type RowOrders } from "../planner/row-order.ts";
import { TRANSACTION_CAPABILITIES } from "../usual-capabilities.ts";

export interface Profile {
  readonly capabilities: Capabilities;
  readonly planner: OrderedStore;
  /** Indexes leave out rows that lack a value. */
  readonly sparse: boolean;
  /** What outcomes hold: rows and reasons; the row as it is where a mutation was rejected, as lightweight transactions do; neither. */
  readonly returns: "all" | "rejected" | "nothing";
  /** Whether `write` takes guards and arithmetic; without, `modify` alone does. */
  readonly expressive: boolean;
  /** Nanoseconds; stored timestamps are multiples of it. */
  readonly precision: bigint;
}

const yes = { supported: true } as const;

/** Most mutations of one atomic step, which holds the event loop. */
const MOST_IN_STEP = 1_000;

/** Most segments of one Scan: each looks at all rows. */
const MOST_SEGMENTS = 8;

/** Most rows that a Count beside writes looks at, which holds the event loop, too. */
export const MOST_COUNTED = 20_000;

export const reference: Profile = {
  capabilities: {
    ...TRANSACTION_CAPABILITIES,
    ...orderCapabilities(SORTED),
    atomic_batch: { supported: true, limit: MOST_IN_STEP },
    modify: yes,
    parallel_scan: { supported: true, limit: MOST_SEGMENTS },
    scan_continue: yes,
    request_id: yes,
    execute: { supported: true, limit: MOST_IN_STEP },
    execute_read: { supported: true, limit: MOST_COUNTED },
    skip: { supported: true, limit: 100_000 },
    timestamp_nanos: yes,
    large_rows: yes,
  },
  planner: { ...SORTED, pushes: () => true },
  sparse: false,
  returns: "all",
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
    large_rows: yes,
    isolation: { supported: true, values: ["serializable"] },
    schema: yes,
  },
  planner: { key: "none", index: "none", range: false, absentInIndex: false, pushes: () => false },
  sparse: true,
  returns: "nothing",
  expressive: false,
  precision: 1_000_000n,
};

const partitioned: RowOrders = { key: "partition", index: "partition", range: true, absentInIndex: false };

/** As weak, but rows of one partition have an order, and a write that is rejected answers the row as it is. */
export const weakPartitioned: Profile = {
  ...weak,
  capabilities: {
    ...weak.capabilities,
    ...orderCapabilities(partitioned),
    conditional_write: yes,
    entity_collections: yes,
  },
  planner: { ...partitioned, pushes: () => false },
  returns: "rejected",
};
