/** The contract of the repository wire codec: request bytes → decoded requests, results → answer bytes, by method. */

import type { EntityModel } from "../../model/entity.ts";
import type { Meter } from "../../schema/codec/meter.ts";
import type {
  BatchGetRequest,
  BatchWriteRequest,
  CountRequest,
  CreateRequest,
  DeleteRequest,
  ExistsRequest,
  GetRequest,
  ItemResult,
  ListRequest,
  Page,
  Projected,
  PutRequest,
  ScanFrame,
  ScanRequest,
  Sparse,
  UndeleteRequest,
  UpdateRequest,
  Written,
} from "../../repository/operation.ts";

export interface MethodCodec<Request, Result> {
  /** @param meter of the request that these bytes are packed in, with others */
  decode(bytes: Uint8Array, meter?: Meter): Request;
  encode(result: Result): Uint8Array;
}

export interface RepositoryWire {
  readonly entity: EntityModel;
  readonly Create: MethodCodec<CreateRequest, Written>;
  readonly Get: MethodCodec<GetRequest, Projected>;
  readonly BatchGet: MethodCodec<BatchGetRequest, readonly ItemResult[]>;
  readonly List: MethodCodec<ListRequest, Page>;
  readonly Scan: MethodCodec<ScanRequest, ScanFrame>;
  readonly Count: MethodCodec<CountRequest, number>;
  readonly Exists: MethodCodec<ExistsRequest, boolean>;
  readonly Update: MethodCodec<UpdateRequest, Written>;
  readonly Put: MethodCodec<PutRequest, Written>;
  readonly Delete: MethodCodec<DeleteRequest, Written>;
  readonly Undelete: MethodCodec<UndeleteRequest, Written>;
  readonly BatchWrite: MethodCodec<BatchWriteRequest, readonly ItemResult[]>;
  /** The entity itself, where it is packed into another message. */
  readonly record: MethodCodec<Sparse, Projected>;
}

export type RepositoryMethod = Exclude<keyof RepositoryWire, "entity" | "record">;
