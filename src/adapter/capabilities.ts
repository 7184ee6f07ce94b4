/** Every capability there is, with its text; and what a store publishes about itself. Said once, here. */

import { Fault } from "../model/fault.ts";
import type { Consistency, Isolation } from "../model/query.ts";

/** Name → what having it means, for people. */
export const CAPABILITIES = {
  atomic_batch: "BatchWrite can be all or nothing; the limit is its most writes",
  partition_batch: "BatchWrite within one partition can be all or nothing; the limit is its most writes",
  batch_get: "several keys in one request to the store; the limit is how many, and wider batches are split",
  conditional_write: "conditions and expected versions are checked in the same atomic step as the write",
  modify: "a decision on the stored row, written by compare-and-set",
  returning: "a write's answer can hold the row as it is afterwards",
  increment: "atomic addition to numeric fields",
  collections: "atomic append to and removal from lists, sets and maps",
  images: "a write can tell its row before and after, of the same atomic step",
  derived_rows: "rows of other collections can be made of a write's row before and after, in the same atomic step",
  request_id: "a write can be recorded with its request_id in the same atomic step",
  partition_request_id:
    "a write within one partition can be recorded with its request_id in the same atomic step, where the key has fields behind its partition; an id is its partition's own",
  entity_collections:
    "CollectionService.Query: rows of several entities that lie in one partition, in the order of their items' sort keys",
  execute: "TransactionService.Execute; the limit is its most operations",
  partition_execute: "TransactionService.Execute within one partition of one entity; the limit is its most operations",
  execute_read: "Get, Exists and Count inside Execute; the limit is how many rows a Count beside writes may look at",
  begin: "interactive transactions",
  consistent_read: "a page of List, a BatchGet and a Count show one state of the store",
  count: "the store counts by itself",
  exact_total: "List can answer an exact total",
  estimated_total: "List can answer an estimated total",
  skip: "List can skip rows; the limit is how many",
  key_order: "rows can be listed in the order of the key",
  partition_order: "rows of one partition can be listed in the order of the key behind its partition fields",
  index_order: "rows can be listed in the order of an index",
  tie_order: "rows equal in the asked order follow what is left of the serving index, then the key",
  index_partition_order: "rows with one value in an index's partition can be listed in the order of its other fields",
  range: "ranges (lt, lte, gt, gte, starts_with) on key and index fields",
  absent_in_index: "rows with absent values are found through an index",
  unique_index: "unique indexes",
  unique_ignores_deleted: "unique indexes ignore soft-deleted rows",
  unique_frees_expired: "an expired row in the way of a unique index is removed by the write that meets it",
  references: "references with on_delete are enforced",
  sequence: "the store gives out numbers for GENERATE_SEQUENCE",
  node_numbers: "the store gives out the numbers of processes in GENERATE_SNOWFLAKE",
  restore: "Put can store managed fields as given",
  timestamp_nanos: "timestamps keep nanoseconds; the limit is the precision in nanoseconds otherwise",
  large_rows: "a row is as large as messages may be; the limit is its most bytes in the store otherwise",
  consistency: "consistency levels other than the default; the values say which",
  isolation: "isolation levels; the values say which, the first is the default",
  parallel_scan: "Scan reads segments side by side; the limit is how many",
  scan_continue: "Scan goes on after a page that cannot be read",
  cancel: "a cancelled call cancels its statement in the store",
  single_process: "the store is open in one process at a time; a second sidecar is refused it",
  durable: "an acknowledged write survives the end of the process",
  statements: "raw statements",
  schema: "tables and indexes are created or compared by the sidecar",
} as const;

/**
 * Who does it where it is published. `adapter`: a member or a promise of the adapter, without which it is refused.
 * `repository`: the repository does it on any adapter, which only says that it may. `either`: natively where the adapter
 * publishes it, otherwise by the repository.
 */
export const DONE_BY: { readonly [Name in CapabilityName]: "adapter" | "repository" | "either" } = {
  atomic_batch: "adapter",
  partition_batch: "adapter",
  batch_get: "either", // without it, one request for each key
  conditional_write: "either", // without it through `modify`
  modify: "adapter",
  returning: "either", // without it by reading before and after
  increment: "either", // without it through `modify`
  collections: "either", // without it through `modify`
  images: "adapter",
  derived_rows: "adapter",
  request_id: "adapter",
  partition_request_id: "adapter",
  entity_collections: "either", // without a member of its own by merging what is read of each entity
  execute: "adapter",
  partition_execute: "adapter",
  execute_read: "adapter",
  begin: "adapter",
  consistent_read: "adapter",
  count: "either", // without it in windows of keys
  exact_total: "repository",
  estimated_total: "adapter",
  skip: "repository",
  key_order: "adapter",
  partition_order: "adapter",
  index_order: "adapter",
  index_partition_order: "adapter",
  tie_order: "adapter",
  range: "adapter",
  absent_in_index: "adapter",
  unique_index: "adapter",
  unique_ignores_deleted: "adapter",
  unique_frees_expired: "adapter",
  references: "adapter",
  sequence: "adapter",
  node_numbers: "adapter",
  restore: "adapter",
  timestamp_nanos: "adapter", // the repository truncates to what is published
  large_rows: "adapter",
  consistency: "adapter",
  isolation: "adapter",
  parallel_scan: "adapter",
  scan_continue: "repository",
  cancel: "adapter",
  single_process: "adapter",
  durable: "adapter",
  statements: "adapter",
  schema: "adapter",
};

/** Where it is a member of its own that does it: a store that publishes the name has the member. */
export const MEMBER_OF: {
  readonly [Name in CapabilityName]?:
    | "modify"
    | "execute"
    | "begin"
    | "consistent"
    | "count"
    | "segments"
    | "nodeNumbers"
    | "numbers"
    | "statements"
    | "schema";
} = {
  modify: "modify",
  execute: "execute",
  partition_execute: "execute",
  begin: "begin",
  consistent_read: "consistent",
  count: "count",
  parallel_scan: "segments",
  node_numbers: "nodeNumbers",
  sequence: "numbers",
  statements: "statements",
  schema: "schema",
};

export type CapabilityName = keyof typeof CAPABILITIES;

export interface Capability {
  readonly supported: boolean;
  /** In the unit the text names; absent is unlimited. */
  readonly limit?: number;
  readonly values?: readonly string[];
  /** What it is in this store alone, for people; a sentence without its end. */
  readonly note?: string;
}

/** Everything, named or not: what is not named is not supported. */
export type Capabilities = { readonly [Name in CapabilityName]?: Capability } & {
  readonly consistency?: Capability & { readonly values: readonly Consistency[] };
  readonly isolation?: Capability & { readonly values: readonly Isolation[] };
};

/** What is said of, supported or not. */
export function namesOf(capabilities: Capabilities): readonly CapabilityName[] {
  return Object.keys(capabilities) as readonly CapabilityName[]; // the type has no others
}

export function has(capabilities: Capabilities, name: CapabilityName): boolean {
  return capabilities[name]?.supported === true;
}

/** Of a Count beside writes that would look at more rows than the store allows: it holds up everybody else who writes. */
export function tooManyToCount(most: number): Fault {
  return new Fault(
    "CAPABILITY_MISSING",
    `a Count beside writes may look at ${most} rows; count outside of the Execute, or by a narrower filter`,
    { metadata: { capability: "execute_read" } },
  );
}

/** The published limit; Infinity where there is none, 0 where the capability is missing. */
export function limitOf(capabilities: Capabilities, name: CapabilityName): number {
  const capability = capabilities[name];
  return capability?.supported === true ? (capability.limit ?? Infinity) : 0;
}
