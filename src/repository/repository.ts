/**
 * The portable operations on one entity: what services call, and what layers wrap. Requests are decoded, not yet
 * checked; everything DESIGN section 5 demands of their content is checked by `create-repository.ts`.
 */

import type { Call } from "../model/call.ts";
import type { EntityModel } from "../model/entity.ts";
import type { Fault } from "../model/fault.ts";
import type { Filter } from "../model/filter.ts";
import type { Consistency } from "../model/query.ts";
import type { EntityRecord, Value } from "../model/value.ts";

/** Rejects with a Fault, never with anything else. */
export interface Repository {
  readonly entity: EntityModel;
  create(request: CreateRequest, call: Call): Promise<Written>;
  get(request: GetRequest, call: Call): Promise<Projected>;
  /** Answers keys[i] at [i]. */
  batchGet(request: BatchGetRequest, call: Call): Promise<readonly ItemResult[]>;
  list(request: ListRequest, call: Call): Promise<Page>;
  /** Pulled by its reader; leaving it early releases everything. */
  scan(request: ScanRequest, call: Call): AsyncIterable<ScanFrame>;
  count(request: CountRequest, call: Call): Promise<number>;
  exists(request: ExistsRequest, call: Call): Promise<boolean>;
  update(request: UpdateRequest, call: Call): Promise<Written>;
  put(request: PutRequest, call: Call): Promise<Written>;
  delete(request: DeleteRequest, call: Call): Promise<Written>;
  undelete(request: UndeleteRequest, call: Call): Promise<Written>;
  /** Answers writes[i] at [i]. */
  batchWrite(request: BatchWriteRequest, call: Call): Promise<readonly ItemResult[]>;
}

/** A message as it came over the wire: only what was sent is in it, absent fields are undefined. */
export type Sparse = EntityRecord;

/** Key values as sent, in declared order; missing ones are undefined. */
export type SparseKey = readonly (Value | undefined)[];

/** Paths as sent; undefined or without paths counts as absent. */
export type Mask = readonly string[] | undefined;

/** A record and the ordinals that an answer may show of it. Undefined fields is all. */
export interface Projected {
  readonly record: EntityRecord;
  readonly fields: readonly number[] | undefined;
}

/** The answer of a write. `entity` is absent where there was nothing to delete and that was allowed. */
export interface Written {
  readonly entity: Projected | undefined;
  readonly created: boolean;
}

export type ItemResult =
  | { readonly kind: "entity"; readonly entity: Projected; readonly created: boolean; readonly trimmed: boolean }
  | { readonly kind: "nothing" }
  | { readonly kind: "fault"; readonly fault: Fault };

interface WriteBase {
  /** Empty when absent. */
  readonly requestId: string;
  readonly readMask: Mask;
  readonly consistency: Consistency | undefined;
}

interface ReadBase {
  readonly readMask: Mask;
  readonly showDeleted: boolean;
  readonly consistency: Consistency | undefined;
}

export interface CreateRequest extends WriteBase {
  readonly entity: Sparse | undefined;
  readonly validateOnly: boolean;
}

export interface GetRequest extends ReadBase {
  readonly key: SparseKey | undefined;
}

export interface BatchGetRequest extends ReadBase {
  readonly keys: readonly SparseKey[];
}

export interface ListRequest extends ReadBase {
  readonly where: Filter | undefined;
  readonly orderBy: string;
  readonly pageSize: number;
  readonly pageToken: string;
  readonly skip: number;
  readonly total: "none" | "exact" | "estimated";
  readonly allowScan: boolean;
}

export interface Page {
  readonly entities: readonly Projected[];
  /** Empty only on the last page. */
  readonly nextPageToken: string;
  readonly totalSize: number | undefined;
}

export interface ScanRequest extends ReadBase {
  readonly where: Filter | undefined;
  readonly orderBy: string;
  readonly pageSize: number;
  readonly resumeToken: string;
  readonly parallelism: number;
  readonly onError: "stop" | "continue";
  readonly maxRetries: number | undefined;
}

export interface ScanFrame {
  readonly entities: readonly Projected[];
  readonly resumeToken: string;
  readonly firstIndex: number;
  readonly pageNumber: number;
  /** Nanoseconds. */
  readonly readAt: bigint;
  readonly progress: ScanProgress | undefined;
  /** With `onError` "continue": what could not be read, and the row it concerns where one is known. */
  readonly error?: { readonly fault: Fault; readonly key?: SparseKey };
}

export interface ScanProgress {
  readonly entities: number;
  readonly pages: number;
  readonly errors: number;
  /** Nanoseconds. */
  readonly startedAt: bigint;
  /** Entities per second since the last frame with progress. */
  readonly rate: number;
}

export interface CountRequest {
  readonly where: Filter | undefined;
  readonly showDeleted: boolean;
  readonly allowScan: boolean;
  readonly consistency: Consistency | undefined;
}

export interface ExistsRequest extends CountRequest {
  /** Either this or `where`; neither is INVALID_ARGUMENT, an empty `where` asks for any row. */
  readonly key: SparseKey | undefined;
  readonly target: "key" | "where" | "none";
}

interface GuardedWrite extends WriteBase {
  readonly condition: Filter | undefined;
  readonly expectedVersion: bigint | undefined;
}

export interface UpdateRequest extends GuardedWrite {
  readonly entity: Sparse | undefined;
  readonly updateMask: Mask;
  readonly increment: Sparse | undefined;
  readonly append: Sparse | undefined;
  readonly remove: Sparse | undefined;
  readonly allowMissing: boolean;
  readonly validateOnly: boolean;
}

export interface PutRequest extends GuardedWrite {
  readonly entity: Sparse | undefined;
  readonly validateOnly: boolean;
  readonly restore: boolean;
}

export interface DeleteRequest extends GuardedWrite {
  readonly key: SparseKey | undefined;
  readonly allowMissing: boolean;
  readonly validateOnly: boolean;
  readonly permanent: boolean;
}

export interface UndeleteRequest extends WriteBase {
  readonly key: SparseKey | undefined;
  readonly expectedVersion: bigint | undefined;
}

/** One write of a batch; "none" where the item says nothing, "invalid" where its values cannot be held: it fails alone. */
export type BatchItem =
  | { readonly kind: "create"; readonly request: CreateRequest }
  | { readonly kind: "update"; readonly request: UpdateRequest }
  | { readonly kind: "put"; readonly request: PutRequest }
  | { readonly kind: "delete"; readonly request: DeleteRequest }
  | { readonly kind: "invalid"; readonly fault: Fault }
  | { readonly kind: "none" };

export interface BatchWriteRequest extends WriteBase {
  readonly writes: readonly BatchItem[];
  readonly atomic: boolean;
}

/** One operation of TransactionService.Execute; its repository's entity says whose. */
export type Operation =
  | { readonly method: "Create"; readonly entity: EntityModel; readonly request: CreateRequest }
  | { readonly method: "Get"; readonly entity: EntityModel; readonly request: GetRequest }
  | { readonly method: "Update"; readonly entity: EntityModel; readonly request: UpdateRequest }
  | { readonly method: "Put"; readonly entity: EntityModel; readonly request: PutRequest }
  | { readonly method: "Delete"; readonly entity: EntityModel; readonly request: DeleteRequest }
  | { readonly method: "Undelete"; readonly entity: EntityModel; readonly request: UndeleteRequest }
  | { readonly method: "Exists"; readonly entity: EntityModel; readonly request: ExistsRequest }
  | { readonly method: "Count"; readonly entity: EntityModel; readonly request: CountRequest };

export type OperationResult =
  | {
      readonly method: "Create" | "Update" | "Put" | "Delete" | "Undelete";
      readonly written: Written;
      readonly trimmed: boolean;
    }
  | { readonly method: "Get"; readonly entity: Projected; readonly trimmed: boolean }
  | { readonly method: "Exists"; readonly exists: boolean }
  | { readonly method: "Count"; readonly count: number };

/** Several operations as one, over the entities of one store. */
export interface Transactions {
  /** Answers operations[i] at [i]. */
  execute(request: ExecuteRequest, call: Call): Promise<readonly OperationResult[]>;
}

export interface ExecuteRequest {
  readonly operations: readonly Operation[];
  readonly isolation: import("../model/query.ts").Isolation | undefined;
  readonly requestId: string;
}
