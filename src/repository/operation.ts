/**
 * An operation as data: what services ask for, what layers see, and what repositories answer. Requests are decoded, not yet
 * checked; everything DESIGN section 5 demands of their content is checked by the repository.
 */

import type { EntityModel } from "../model/entity.ts";
import type { Fault } from "../model/fault.ts";
import type { Filter } from "../model/filter.ts";
import type { Consistency, Isolation } from "../model/query.ts";
import type { EntityRecord, Value } from "../model/value.ts";

/** By method: what it is asked of, with what, and what it answers. */
interface Methods {
  readonly Create: Signature<CreateRequest, Written>;
  readonly Get: Signature<GetRequest, Projected>;
  readonly BatchGet: Signature<BatchGetRequest, readonly ItemResult[]>;
  readonly List: Signature<ListRequest, Page>;
  readonly Count: Signature<CountRequest, number>;
  readonly Exists: Signature<ExistsRequest, boolean>;
  readonly Update: Signature<UpdateRequest, Written>;
  readonly Put: Signature<PutRequest, Written>;
  readonly Delete: Signature<DeleteRequest, Written>;
  readonly Undelete: Signature<UndeleteRequest, Written>;
  readonly BatchWrite: Signature<BatchWriteRequest, readonly ItemResult[]>;
  readonly Execute: {
    readonly entity: undefined;
    readonly request: ExecuteRequest;
    readonly answer: readonly OperationResult[];
  };
  readonly Query: { readonly entity: undefined; readonly request: CollectionRequest; readonly answer: CollectionPage };
}

interface Signature<Request, Answer> {
  readonly entity: EntityModel;
  readonly request: Request;
  readonly answer: Answer;
}

/** All that are answered once; Scan is answered by a stream. */
export type Method = keyof Methods;
/** Those of one store, over its entities. */
export type StoreMethod = "Execute" | "Query";
/** Those of one entity. */
export type EntityMethod = Exclude<Method, StoreMethod>;
/** Those that an Execute may hold. */
export type StepMethod = Exclude<EntityMethod, "BatchGet" | "List" | "BatchWrite">;

export type RequestOf<Of extends Method> = Methods[Of]["request"];
export type AnswerOf<Of extends Method> = Methods[Of]["answer"];

export interface Operation<Of extends Method = Method> {
  readonly method: Of;
  /** Undefined for Execute, whose operations name theirs, and for Query, which names several. */
  readonly entity: Methods[Of]["entity"];
  readonly request: RequestOf<Of>;
  /** Absent where it is a call of its own. */
  readonly within?: Within;
}

/** The call that an operation is a part of, and its position there. */
export interface Within {
  readonly whole: Operation<"BatchGet"> | Operation<"BatchWrite"> | Operation<"Execute">;
  readonly index: number;
}

export interface ScanOperation {
  readonly method: "Scan";
  readonly entity: EntityModel;
  readonly request: ScanRequest;
}

/** One operation of TransactionService.Execute. */
export type StepOperation = { readonly [Of in StepMethod]: Operation<Of> }[StepMethod];

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
  /** A Fault in its place is a key that was refused already; it fails alone. */
  readonly keys: readonly (SparseKey | Fault)[];
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

export type OperationResult =
  | {
      readonly method: "Create" | "Update" | "Put" | "Delete" | "Undelete";
      readonly written: Written;
      readonly trimmed: boolean;
    }
  | { readonly method: "Get"; readonly entity: Projected; readonly trimmed: boolean }
  | { readonly method: "Exists"; readonly exists: boolean }
  | { readonly method: "Count"; readonly count: number };

/** The rows of several entities in one partition. */
export interface CollectionRequest {
  /** Of one store. */
  readonly entities: readonly EntityModel[];
  /** None was named: those that can have no rows in the partition are passed over, and items of no entity are asked for too. */
  readonly isOpen: boolean;
  /** As its text, or as an entity whose fields give it. */
  readonly partition:
    | { readonly kind: "text"; readonly text: string }
    | { readonly kind: "entity"; readonly entity: EntityModel; readonly record: Sparse };
  /** Empty is the key. */
  readonly index: string;
  readonly sortKey: SortKeyCondition | undefined;
  readonly descending: boolean;
  readonly pageSize: number;
  readonly pageToken: string;
  readonly showDeleted: boolean;
  readonly consistency: Consistency | undefined;
  /** Paths of any of the entities. */
  readonly readMask: Mask;
}

/** As sent. */
export interface SortKeyCondition {
  readonly eq?: string | undefined;
  readonly startsWith?: string | undefined;
  readonly gt?: string | undefined;
  readonly gte?: string | undefined;
  readonly lt?: string | undefined;
  readonly lte?: string | undefined;
}

export interface CollectionPage {
  readonly items: readonly CollectionItem[];
  /** Empty only on the last page. */
  readonly nextPageToken: string;
  /** The partition's text. */
  readonly partition: string;
}

export type CollectionItem = { readonly sortKey: string } & (
  | ({ readonly kind: "entity"; readonly entity: EntityModel } & Projected)
  /** Plain data, as JSON has it; `type` is what the item says of itself. */
  | { readonly kind: "unknown"; readonly type: string; readonly content: { readonly [name: string]: unknown } }
  /** The entity's full name, and why its row cannot be answered. */
  | { readonly kind: "fault"; readonly entity: string; readonly fault: Fault }
);

export interface ExecuteRequest {
  readonly operations: readonly StepOperation[];
  readonly isolation: Isolation | undefined;
  readonly requestId: string;
}
