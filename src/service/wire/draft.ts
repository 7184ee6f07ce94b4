/** A request while its fields come in, and how each kind of field is put into it. Messages are kept as bytes until all have come. */

import type { Consistency } from "../../model/query.ts";
import type { BatchItem, ListRequest, ScanRequest } from "../../repository/operation.ts";
import { mistyped } from "../../schema/codec/fault-path.ts";
import { merged, WIRE, type Reader, type Span } from "../../schema/codec/reader.ts";
import { refuseUnknown } from "../../schema/codec/record.ts";
import { consistencyOf, errorPolicyOf, totalOf } from "./enums.ts";

/** Every field that any request has. */
export interface Draft {
  entity: Span | undefined;
  increment: Span | undefined;
  append: Span | undefined;
  remove: Span | undefined;
  key: Span | undefined;
  keys: Span[];
  where: Span | undefined;
  condition: Span | undefined;
  readMask: string[] | undefined;
  updateMask: string[] | undefined;
  consistency: Consistency | undefined;
  showDeleted: boolean;
  allowScan: boolean;
  allowMissing: boolean;
  validateOnly: boolean;
  permanent: boolean;
  restore: boolean;
  atomic: boolean;
  requestId: string;
  orderBy: string;
  pageToken: string;
  resumeToken: string;
  pageSize: number;
  skip: number;
  parallelism: number;
  maxRetries: number | undefined;
  expectedVersion: bigint | undefined;
  total: ListRequest["total"];
  onError: ScanRequest["onError"];
  writes: Span[];
  write: { readonly kind: Exclude<BatchItem["kind"], "none" | "invalid">; readonly span: Span } | undefined;
}

export interface RequestField {
  readonly name: string;
  readonly number: number;
  readonly wireType: number;
  put(draft: Draft, reader: Reader): void;
}

/** One request message: its full name, and its fields by number. */
export interface RequestMessage {
  readonly name: string;
  readonly fields: readonly (RequestField | undefined)[];
}

export function requestMessage(name: string, fields: readonly RequestField[]): RequestMessage {
  const byNumber: (RequestField | undefined)[] = [];
  const last = Math.max(...fields.map((field) => field.number));
  for (let number = 0; number <= last; number++) byNumber.push(fields.find((field) => field.number === number));
  return { name, fields: byNumber };
}

/** Reads to the end of a request. */
export function readRequest(message: RequestMessage, reader: Reader): Draft {
  const draft = emptyDraft();
  while (reader.more()) {
    const tag = reader.tag();
    const field = message.fields[tag >>> 3];
    if (!field) refuseUnknown(reader, tag, message.name);
    else if (field.wireType !== (tag & 7)) throw mistyped(message.name, field.name, field.number);
    else field.put(draft, reader);
  }
  return draft;
}

function emptyDraft(): Draft {
  return {
    entity: undefined,
    increment: undefined,
    append: undefined,
    remove: undefined,
    key: undefined,
    keys: [],
    where: undefined,
    condition: undefined,
    readMask: undefined,
    updateMask: undefined,
    consistency: undefined,
    showDeleted: false,
    allowScan: false,
    allowMissing: false,
    validateOnly: false,
    permanent: false,
    restore: false,
    atomic: false,
    requestId: "",
    orderBy: "",
    pageToken: "",
    resumeToken: "",
    pageSize: 0,
    skip: 0,
    parallelism: 0,
    maxRetries: undefined,
    expectedVersion: undefined,
    total: "none",
    onError: "stop",
    writes: [],
    write: undefined,
  };
}

/** Makes a field for the number it has in one request. */
export type FieldAt = (number: number) => RequestField;

type Put = RequestField["put"];

const field =
  (name: string, wireType: number, put: Put): FieldAt =>
  (number) => ({ name, number, wireType, put });
const message = (name: string, put: Put): FieldAt => field(name, WIRE.length, put);
const scalar = (name: string, put: Put): FieldAt => field(name, WIRE.varint, put);

export const ENTITY: FieldAt = message("entity", (d, r) => (d.entity = merged(d.entity, r.span())));
export const INCREMENT: FieldAt = message("increment", (d, r) => (d.increment = merged(d.increment, r.span())));
export const APPEND: FieldAt = message("append", (d, r) => (d.append = merged(d.append, r.span())));
export const REMOVE: FieldAt = message("remove", (d, r) => (d.remove = merged(d.remove, r.span())));
export const KEY: FieldAt = message("key", (d, r) => (d.key = merged(d.key, r.span())));
export const KEYS: FieldAt = message("keys", (d, r) => d.keys.push(r.span()));
export const WHERE: FieldAt = message("where", (d, r) => (d.where = merged(d.where, r.span())));
export const CONDITION: FieldAt = message("condition", (d, r) => (d.condition = merged(d.condition, r.span())));
export const READ_MASK: FieldAt = message("read_mask", (d, r) => (d.readMask = readMask(r, d.readMask)));
export const UPDATE_MASK: FieldAt = message("update_mask", (d, r) => (d.updateMask = readMask(r, d.updateMask)));
export const CONSISTENCY: FieldAt = scalar("consistency", (d, r) => (d.consistency = consistencyOf(r.int32())));
export const TOTAL: FieldAt = scalar("total", (d, r) => (d.total = totalOf(r.int32())));
export const ON_ERROR: FieldAt = scalar("on_error", (d, r) => (d.onError = errorPolicyOf(r.int32())));
export const SHOW_DELETED: FieldAt = scalar("show_deleted", (d, r) => (d.showDeleted = r.bool()));
export const ALLOW_SCAN: FieldAt = scalar("allow_scan", (d, r) => (d.allowScan = r.bool()));
export const ALLOW_MISSING: FieldAt = scalar("allow_missing", (d, r) => (d.allowMissing = r.bool()));
export const VALIDATE_ONLY: FieldAt = scalar("validate_only", (d, r) => (d.validateOnly = r.bool()));
export const PERMANENT: FieldAt = scalar("permanent", (d, r) => (d.permanent = r.bool()));
export const RESTORE: FieldAt = scalar("restore", (d, r) => (d.restore = r.bool()));
export const ATOMIC: FieldAt = scalar("atomic", (d, r) => (d.atomic = r.bool()));
export const REQUEST_ID: FieldAt = message("request_id", (d, r) => (d.requestId = r.string()));
export const ORDER_BY: FieldAt = message("order_by", (d, r) => (d.orderBy = r.string()));
export const PAGE_TOKEN: FieldAt = message("page_token", (d, r) => (d.pageToken = r.string()));
export const RESUME_TOKEN: FieldAt = message("resume_token", (d, r) => (d.resumeToken = r.string()));
export const PAGE_SIZE: FieldAt = scalar("page_size", (d, r) => (d.pageSize = r.int32()));
export const SKIP: FieldAt = scalar("skip", (d, r) => (d.skip = r.int32()));
export const PARALLELISM: FieldAt = scalar("parallelism", (d, r) => (d.parallelism = r.int32()));
export const MAX_RETRIES: FieldAt = scalar("max_retries", (d, r) => (d.maxRetries = r.int32()));
export const EXPECTED_VERSION: FieldAt = scalar("expected_version", (d, r) => (d.expectedVersion = r.int64()));
export const WRITES: FieldAt = message("writes", (d, r) => d.writes.push(r.span()));

/** The members of a oneof: the last one sent is kept, and merges with itself alone. */
export const TARGET_KEY: FieldAt = message("key", (d, r) => {
  d.where = undefined;
  d.key = merged(d.key, r.span());
});
export const TARGET_WHERE: FieldAt = message("where", (d, r) => {
  d.key = undefined;
  d.where = merged(d.where, r.span());
});
export const WRITE = (kind: NonNullable<Draft["write"]>["kind"]): FieldAt =>
  message(kind, (d, r) => {
    const earlier = d.write?.kind === kind ? d.write.span : undefined;
    d.write = { kind, span: merged(earlier, r.span()) };
  });

const PATHS_TAG = (1 << 3) | WIRE.length;

/** google.protobuf.FieldMask; one that came before goes on. */
function readMask(reader: Reader, earlier: string[] | undefined): string[] {
  const paths = earlier ?? [];
  const outer = reader.enter(reader.length());
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === PATHS_TAG) paths.push(reader.string());
    else if (tag >>> 3 === 1) throw mistyped("google.protobuf.FieldMask", "paths", 1);
    else refuseUnknown(reader, tag, "google.protobuf.FieldMask");
  }
  reader.leave(outer);
  return paths;
}
