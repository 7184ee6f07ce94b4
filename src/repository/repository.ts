/** The portable operations on one entity, and on all of one store together: what every operation comes to behind the layers. */

import type { Call } from "../model/call.ts";
import type { EntityModel } from "../model/entity.ts";
import type {
  BatchGetRequest,
  BatchWriteRequest,
  CollectionPage,
  CollectionRequest,
  CountRequest,
  CreateRequest,
  DeleteRequest,
  ExecuteRequest,
  ExistsRequest,
  GetRequest,
  ItemResult,
  ListRequest,
  OperationResult,
  Page,
  Projected,
  PutRequest,
  ScanFrame,
  ScanRequest,
  UndeleteRequest,
  UpdateRequest,
  Written,
} from "./operation.ts";

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

/** What lies together, over the entities of one store. */
export interface Collections {
  query(request: CollectionRequest, call: Call): Promise<CollectionPage>;
}

/** Several operations as one, over the entities of one store. */
export interface Transactions {
  /** Answers operations[i] at [i]. */
  execute(request: ExecuteRequest, call: Call): Promise<readonly OperationResult[]>;
}
