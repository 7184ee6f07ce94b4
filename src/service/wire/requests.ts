/** The requests of one entity's repository: field numbers as in its *_repository.proto, the same for every entity. */

import { Fault } from "../../model/fault.ts";
import type { Filter } from "../../model/filter.ts";
import type { BatchGetRequest, BatchItem, BatchWriteRequest, CountRequest, CreateRequest, DeleteRequest, ExistsRequest, GetRequest, ListRequest, PutRequest, ScanRequest, Sparse, SparseKey, UndeleteRequest, UpdateRequest } from "../../repository/operation.ts"; // prettier-ignore
import type { EntityCodec, RecordCodec } from "../../schema/codec/codec.ts";
import { below, placed } from "../../schema/codec/fault-path.ts";
import { Reader, type Span } from "../../schema/codec/reader.ts";
import * as f from "./draft.ts";
import { readRequest, requestMessage, type Draft, type FieldAt, type RequestMessage } from "./draft.ts";

/** Stands at the beginning of a request, and reads it to its end. */
export type ReadRequest<Request> = (reader: Reader) => Request;

export interface RequestReaders {
  readonly Create: ReadRequest<CreateRequest>;
  readonly Get: ReadRequest<GetRequest>;
  readonly BatchGet: ReadRequest<BatchGetRequest>;
  readonly List: ReadRequest<ListRequest>;
  readonly Scan: ReadRequest<ScanRequest>;
  readonly Count: ReadRequest<CountRequest>;
  readonly Exists: ReadRequest<ExistsRequest>;
  readonly Update: ReadRequest<UpdateRequest>;
  readonly Put: ReadRequest<PutRequest>;
  readonly Delete: ReadRequest<DeleteRequest>;
  readonly Undelete: ReadRequest<UndeleteRequest>;
  readonly BatchWrite: ReadRequest<BatchWriteRequest>;
}

/** Fields by number, for each request. */
export const REQUEST_FIELDS: { readonly [method in keyof RequestReaders | "Write"]: { readonly [number: number]: FieldAt } } = {
  Create: { 1: f.ENTITY, 9: f.REQUEST_ID, 10: f.VALIDATE_ONLY, 12: f.READ_MASK, 13: f.CONSISTENCY },
  Get: { 1: f.KEY, 2: f.READ_MASK, 3: f.CONSISTENCY, 4: f.SHOW_DELETED },
  BatchGet: { 1: f.KEYS, 2: f.READ_MASK, 3: f.CONSISTENCY, 4: f.SHOW_DELETED },
  List: {
    1: f.WHERE, 2: f.ORDER_BY, 3: f.PAGE_SIZE, 4: f.PAGE_TOKEN, 5: f.SKIP, 6: f.READ_MASK, 7: f.SHOW_DELETED, 8: f.TOTAL,
    9: f.ALLOW_SCAN, 10: f.CONSISTENCY,
  },
  Scan: {
    1: f.WHERE, 2: f.ORDER_BY, 3: f.PAGE_SIZE, 4: f.RESUME_TOKEN, 6: f.READ_MASK, 7: f.SHOW_DELETED, 8: f.PARALLELISM,
    9: f.ON_ERROR, 10: f.CONSISTENCY, 11: f.MAX_RETRIES,
  },
  Count: { 1: f.WHERE, 7: f.SHOW_DELETED, 9: f.ALLOW_SCAN, 10: f.CONSISTENCY },
  Exists: { 1: f.TARGET_KEY, 2: f.TARGET_WHERE, 7: f.SHOW_DELETED, 9: f.ALLOW_SCAN, 10: f.CONSISTENCY },
  Update: {
    1: f.ENTITY, 2: f.UPDATE_MASK, 3: f.CONDITION, 4: f.EXPECTED_VERSION, 5: f.INCREMENT, 6: f.APPEND, 7: f.REMOVE,
    8: f.ALLOW_MISSING, 9: f.REQUEST_ID, 10: f.VALIDATE_ONLY, 12: f.READ_MASK, 13: f.CONSISTENCY,
  },
  Put: {
    1: f.ENTITY, 3: f.CONDITION, 4: f.EXPECTED_VERSION, 9: f.REQUEST_ID, 10: f.VALIDATE_ONLY, 12: f.READ_MASK,
    13: f.CONSISTENCY, 16: f.RESTORE,
  },
  Delete: {
    1: f.KEY, 3: f.CONDITION, 4: f.EXPECTED_VERSION, 8: f.ALLOW_MISSING, 9: f.REQUEST_ID, 10: f.VALIDATE_ONLY,
    11: f.PERMANENT, 12: f.READ_MASK, 13: f.CONSISTENCY,
  },
  Undelete: { 1: f.KEY, 4: f.EXPECTED_VERSION, 9: f.REQUEST_ID, 12: f.READ_MASK, 13: f.CONSISTENCY },
  BatchWrite: { 1: f.WRITES, 2: f.ATOMIC, 3: f.READ_MASK, 4: f.CONSISTENCY, 9: f.REQUEST_ID },
  Write: { 1: f.WRITE("create"), 2: f.WRITE("update"), 3: f.WRITE("put"), 4: f.WRITE("delete") },
}; // prettier-ignore

export function requestReaders(codec: EntityCodec): RequestReaders {
  const { entity } = codec;
  const reading = <Request>(method: keyof RequestReaders, make: (draft: Draft, codec: EntityCodec) => Request) => {
    const message = messageOf(`${entity.name}Repository${method}Request`, method);
    return (reader: Reader): Request => make(readRequest(message, reader), codec);
  };
  const writes = {
    create: reading("Create", createRequest),
    update: reading("Update", updateRequest),
    put: reading("Put", putRequest),
    delete: reading("Delete", deleteRequest),
  };
  const write = messageOf(`${entity.name}RepositoryWrite`, "Write");
  return {
    Create: writes.create,
    Get: reading("Get", getRequest),
    BatchGet: reading("BatchGet", batchGetRequest),
    List: reading("List", listRequest),
    Scan: reading("Scan", scanRequest),
    Count: reading("Count", countRequest),
    Exists: reading("Exists", existsRequest),
    Update: writes.update,
    Put: writes.put,
    Delete: writes.delete,
    Undelete: reading("Undelete", undeleteRequest),
    BatchWrite: reading("BatchWrite", (draft) => {
      refuseMore(draft.writes.length, codec.limits.batchItems, "writes");
      return batchWriteRequest(draft, write, writes, entity.name);
    }),
  };
}

function messageOf(name: string, method: keyof typeof REQUEST_FIELDS): RequestMessage {
  const fields = Object.entries(REQUEST_FIELDS[method]);
  return requestMessage(
    name,
    fields.map(([number, fieldAt]) => fieldAt(Number(number))),
  );
}

function createRequest(draft: Draft, codec: EntityCodec): CreateRequest {
  return {
    ...writeBase(draft),
    entity: record(draft.entity, codec.record, "entity"),
    validateOnly: draft.validateOnly,
  };
}

function getRequest(draft: Draft, codec: EntityCodec): GetRequest {
  return { ...readBase(draft), key: key(draft.key, codec, "key") };
}

function batchGetRequest(draft: Draft, codec: EntityCodec): BatchGetRequest {
  refuseMore(draft.keys.length, codec.limits.batchItems, "keys");
  return { ...readBase(draft), keys: draft.keys.map((span, index) => presentKey(span, codec, `keys[${index}]`)) };
}

function listRequest(draft: Draft, codec: EntityCodec): ListRequest {
  const { orderBy, pageSize, pageToken, skip, total, allowScan } = draft;
  const where = filter(draft.where, codec, "where");
  return { ...readBase(draft), where, orderBy, pageSize, pageToken, skip, total, allowScan };
}

function scanRequest(draft: Draft, codec: EntityCodec): ScanRequest {
  const { orderBy, pageSize, resumeToken, parallelism, onError, maxRetries } = draft;
  const where = filter(draft.where, codec, "where");
  return { ...readBase(draft), where, orderBy, pageSize, resumeToken, parallelism, onError, maxRetries };
}

function countRequest(draft: Draft, codec: EntityCodec): CountRequest {
  const { showDeleted, allowScan, consistency } = draft;
  return { where: filter(draft.where, codec, "where"), showDeleted, allowScan, consistency };
}

function existsRequest(draft: Draft, codec: EntityCodec): ExistsRequest {
  const target = draft.key ? "key" : draft.where ? "where" : "none";
  return { ...countRequest(draft, codec), key: key(draft.key, codec, "key"), target };
}

function updateRequest(draft: Draft, codec: EntityCodec): UpdateRequest {
  return {
    ...guardedWrite(draft, codec),
    entity: record(draft.entity, codec.record, "entity"),
    updateMask: draft.updateMask,
    increment: record(draft.increment, codec.change, "increment"),
    append: record(draft.append, codec.change, "append"),
    remove: record(draft.remove, codec.change, "remove"),
    allowMissing: draft.allowMissing,
    validateOnly: draft.validateOnly,
  };
}

function putRequest(draft: Draft, codec: EntityCodec): PutRequest {
  const { validateOnly, restore } = draft;
  const entity = record(draft.entity, codec.record, "entity");
  return { ...guardedWrite(draft, codec), entity, validateOnly, restore };
}

function deleteRequest(draft: Draft, codec: EntityCodec): DeleteRequest {
  const { allowMissing, validateOnly, permanent } = draft;
  return { ...guardedWrite(draft, codec), key: key(draft.key, codec, "key"), allowMissing, validateOnly, permanent };
}

function undeleteRequest(draft: Draft, codec: EntityCodec): UndeleteRequest {
  return { ...writeBase(draft), key: key(draft.key, codec, "key"), expectedVersion: draft.expectedVersion };
}

/** Before any is decoded: what fails costs more than what is right, and a request holds tens of thousands. */
function refuseMore(size: number, most: number, field: string): void {
  if (size <= most) return;
  const message = `${field} holds ${size}; ${most} is the most, so send several requests`;
  throw new Fault("BATCH_TOO_LARGE", message, { field });
}

interface WriteReaders {
  readonly create: ReadRequest<CreateRequest>;
  readonly update: ReadRequest<UpdateRequest>;
  readonly put: ReadRequest<PutRequest>;
  readonly delete: ReadRequest<DeleteRequest>;
}

function batchWriteRequest(
  draft: Draft,
  message: RequestMessage,
  writes: WriteReaders,
  entity: string,
): BatchWriteRequest {
  const items = draft.writes.map((span, index): BatchItem => {
    try {
      return named(`writes[${index}]`, () => batchItem(span, message, writes));
    } catch (error) {
      // Values that cannot be held fail their write alone; bytes that are no protobuf fail the whole.
      if (!(error instanceof Fault) || error.code !== "INVALID_ARGUMENT") throw error;
      return { kind: "invalid", fault: placed(error, { entity, operation: "BatchWrite", index }) };
    }
  });
  return { ...writeBase(draft), writes: items, atomic: draft.atomic };
}

function batchItem(span: Span, message: RequestMessage, writes: WriteReaders): BatchItem {
  const item = inside(span, (reader) => readRequest(message, reader));
  return item.write ? oneWrite(item.write, writes) : { kind: "none" };
}

function oneWrite({ kind, span }: NonNullable<Draft["write"]>, writes: WriteReaders): BatchItem {
  return named(kind, (): BatchItem => {
    switch (kind) {
      case "create":
        return { kind, request: inside(span, writes.create) };
      case "update":
        return { kind, request: inside(span, writes.update) };
      case "put":
        return { kind, request: inside(span, writes.put) };
      case "delete":
        return { kind, request: inside(span, writes.delete) };
    }
  });
}

function inside<T>({ reader, end }: Span, read: (reader: Reader) => T): T {
  const outer = reader.enter(end);
  const result = read(reader);
  reader.leave(outer);
  return result;
}

function readBase({
  readMask,
  showDeleted,
  consistency,
}: Draft): Pick<Draft, "readMask" | "showDeleted" | "consistency"> {
  return { readMask, showDeleted, consistency };
}

function writeBase({ requestId, readMask, consistency }: Draft): Pick<Draft, "requestId" | "readMask" | "consistency"> {
  return { requestId, readMask, consistency };
}

type Guarded = Pick<PutRequest, "requestId" | "readMask" | "consistency" | "condition" | "expectedVersion">;

function guardedWrite(draft: Draft, codec: EntityCodec): Guarded {
  const condition = filter(draft.condition, codec, "condition");
  if (draft.condition && !condition)
    throw new Fault("EMPTY_PREDICATE", "The condition has nothing set; leave it out, or say what must hold.", {
      field: "condition",
    });
  return { ...writeBase(draft), condition, expectedVersion: draft.expectedVersion };
}

function record(span: Span | undefined, codec: RecordCodec, name: string): Sparse | undefined {
  return span && named(name, () => codec.decode(span.reader, span.end));
}

function key(span: Span | undefined, codec: EntityCodec, name: string): SparseKey | undefined {
  return span && presentKey(span, codec, name);
}

function presentKey(span: Span, codec: EntityCodec, name: string): SparseKey {
  return named(name, () => codec.key.decode(span.reader, span.end));
}

function filter(span: Span | undefined, codec: EntityCodec, name: string): Filter | undefined {
  return span && codec.filter.decode(span.reader, span.end, name);
}

/** Faults of what is inside get the name in front. */
function named<T>(name: string, inside: () => T): T {
  try {
    return inside();
  } catch (error) {
    throw below(error, name);
  }
}
