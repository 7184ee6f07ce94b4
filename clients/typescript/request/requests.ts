/** Requests of a repository as bytes. Names and numbers are the same for every entity. Each throws FieldError or ValueError for what does not fit. */

import { codecOf, FieldError, within } from "../codec/message-codec.ts";
import type { Writer } from "../codec/writer.ts";
import type { EntityTable } from "../schema/tables.ts";
import { conditionOf } from "../specification/specification.ts";
import { ValueError } from "../value/value-error.ts";
import { isChange, writeChanges } from "./changes.ts";
import { writeFilter } from "./filter.ts";
import { orderText, writeConsistency, writeCount, writeFlag, writeMask, writeText, writeTotal, type Fields } from "./options.ts"; // prettier-ignore

/** What any request may be asked with, as callers write it. */
export interface RequestOptions {
  readonly where?: unknown;
  readonly key?: unknown;
  readonly orderBy?: unknown;
  readonly pageSize?: unknown;
  readonly pageToken?: string | undefined;
  readonly resumeToken?: string | undefined;
  readonly skip?: unknown;
  readonly total?: unknown;
  readonly allowScan?: unknown;
  readonly showDeleted?: unknown;
  readonly parallelism?: unknown;
  readonly onError?: unknown;
  readonly maxRetries?: unknown;
  readonly fields?: Fields;
  readonly consistency?: unknown;
  readonly condition?: unknown;
  readonly expectedVersion?: unknown;
  readonly validateOnly?: unknown;
  readonly allowMissing?: unknown;
  readonly permanent?: unknown;
  readonly restore?: unknown;
  readonly requestId?: string | undefined;
}

type Write = (writer: Writer, entity: EntityTable, asked: RequestOptions) => void;

function writeWhere(writer: Writer, number: number, entity: EntityTable, where: unknown, name: string): void {
  if (where === undefined) return;
  writer.tag(number, 2);
  const start = writer.begin();
  within(name, () => writeFilter(writer, entity, conditionOf(where)));
  writer.end(start);
}

/** A row's key, in the message that is made for it, whose fields have the numbers of the entity. */
export function writeKey(writer: Writer, number: number, entity: EntityTable, key: unknown): void {
  const { fields } = codecOf(entity);
  if (typeof key !== "object" || key === null)
    throw new FieldError("key", "KEY_INCOMPLETE", "is an object with the key's fields");
  writer.tag(number, 2);
  const start = writer.begin();
  for (const name of entity.key) {
    const value: unknown = Reflect.get(key, name);
    if (value === undefined) throw new FieldError(name, "KEY_INCOMPLETE", "is missing in the key");
    const field = fields.get(name);
    if (field) within(name, () => field.writeAlways(writer, value));
  }
  writer.end(start);
}

function writeEntity(writer: Writer, entity: EntityTable, value: object, leaveManaged: boolean): void {
  writer.tag(1, 2);
  const start = writer.begin();
  codecOf(entity).write(writer, value, leaveManaged ? managedOf(entity) : undefined);
  writer.end(start);
}

const managed = new WeakMap<EntityTable, ReadonlySet<string>>();

function managedOf(entity: EntityTable): ReadonlySet<string> {
  const known = managed.get(entity);
  if (known) return known;
  const made = new Set(entity.managed);
  managed.set(entity, made);
  return made;
}

/** What a write ends with. */
const writeTail: Write = (writer, entity, { requestId, validateOnly, fields, consistency }) => {
  writeText(writer, 9, requestId);
  writeFlag(writer, 10, validateOnly);
  writeMask(writer, 12, entity, fields);
  writeConsistency(writer, 13, consistency);
};

function writeGuards(writer: Writer, entity: EntityTable, target: object, asked: RequestOptions): void {
  writeWhere(writer, 3, entity, asked.condition, "condition");
  writeVersion(writer, entity, target, asked);
}

/** What the caller says, else the version of the object. */
function writeVersion(writer: Writer, entity: EntityTable, target: object, { expectedVersion }: RequestOptions): void {
  if (expectedVersion === "any") return;
  const own: unknown = entity.version === undefined ? undefined : Reflect.get(target, entity.version);
  const version = expectedVersion ?? own;
  if (version === undefined) return;
  if (typeof version !== "bigint") throw new FieldError("expectedVersion", "FIELD_INVALID", "is a bigint");
  writer.tag(4, 0);
  writer.int64(version);
}

export function writeCreate(writer: Writer, entity: EntityTable, value: object, asked: RequestOptions): void {
  writeEntity(writer, entity, value, true);
  writeTail(writer, entity, asked);
}

export function writeGet(writer: Writer, entity: EntityTable, key: unknown, asked: RequestOptions): void {
  writeKey(writer, 1, entity, key);
  writeGetTail(writer, entity, asked);
}

export function writeBatchGet(
  writer: Writer,
  entity: EntityTable,
  keys: readonly unknown[],
  asked: RequestOptions,
): void {
  for (const [i, key] of keys.entries()) within(`keys[${i}]`, () => writeKey(writer, 1, entity, key));
  writeGetTail(writer, entity, asked);
}

const writeGetTail: Write = (writer, entity, { fields, consistency, showDeleted }) => {
  writeMask(writer, 2, entity, fields);
  writeConsistency(writer, 3, consistency);
  writeFlag(writer, 4, showDeleted);
};

export const writeList: Write = (writer, entity, asked) => {
  writeWhere(writer, 1, entity, asked.where, "where");
  writeText(writer, 2, orderText(entity, asked.orderBy));
  writeCount(writer, 3, asked.pageSize, "pageSize");
  writeText(writer, 4, asked.pageToken);
  writeCount(writer, 5, asked.skip, "skip");
  writeMask(writer, 6, entity, asked.fields);
  writeFlag(writer, 7, asked.showDeleted);
  writeTotal(writer, 8, asked.total);
  writeFlag(writer, 9, asked.allowScan);
  writeConsistency(writer, 10, asked.consistency);
};

export const writeScan: Write = (writer, entity, asked) => {
  writeWhere(writer, 1, entity, asked.where, "where");
  writeText(writer, 2, orderText(entity, asked.orderBy));
  writeCount(writer, 3, asked.pageSize, "pageSize");
  writeText(writer, 4, asked.resumeToken);
  writeMask(writer, 6, entity, asked.fields);
  writeFlag(writer, 7, asked.showDeleted);
  writeCount(writer, 8, asked.parallelism, "parallelism");
  writeFlag(writer, 9, asked.onError === "continue");
  writeConsistency(writer, 10, asked.consistency);
  writeCount(writer, 11, asked.maxRetries, "maxRetries");
};

const writeReadTail: Write = (writer, _entity, asked) => {
  writeFlag(writer, 7, asked.showDeleted);
  writeFlag(writer, 9, asked.allowScan);
  writeConsistency(writer, 10, asked.consistency);
};

export const writeCountRequest: Write = (writer, entity, asked) => {
  writeWhere(writer, 1, entity, asked.where, "where");
  writeReadTail(writer, entity, asked);
};

export const writeExists: Write = (writer, entity, asked) => {
  if (asked.key !== undefined) writeKey(writer, 1, entity, asked.key);
  else writeWhere(writer, 2, entity, asked.where ?? {}, "where");
  writeReadTail(writer, entity, asked);
};

/** `changes` may hold the key, as those of upsert do. */
export function writeUpdate(
  writer: Writer,
  entity: EntityTable,
  { target, changes, asked }: { readonly target: object; readonly changes: object; readonly asked: RequestOptions },
): void {
  writeChanges(writer, entity, target, changes);
  writeGuards(writer, entity, target, asked);
  writeFlag(writer, 8, asked.allowMissing);
  writeTail(writer, entity, asked);
}

export function writePut(writer: Writer, entity: EntityTable, value: object, asked: RequestOptions): void {
  for (const [name, member] of Object.entries(value))
    if (isChange(member)) throw new FieldError(name, "FIELD_INVALID", "is a change, which only update and upsert take");
  writeEntity(writer, entity, value, asked.restore !== true);
  writeGuards(writer, entity, value, asked);
  writeTail(writer, entity, asked);
  writeFlag(writer, 16, asked.restore);
}

export function writeDelete(writer: Writer, entity: EntityTable, target: unknown, asked: RequestOptions): void {
  writeKey(writer, 1, entity, target);
  if (typeof target !== "object" || target === null) throw new ValueError("KEY_INCOMPLETE", "is an object");
  writeGuards(writer, entity, target, asked);
  writeFlag(writer, 8, asked.allowMissing);
  writeFlag(writer, 11, asked.permanent);
  writeTail(writer, entity, asked);
}

export function writeUndelete(writer: Writer, entity: EntityTable, target: object, asked: RequestOptions): void {
  writeKey(writer, 1, entity, target);
  writeVersion(writer, entity, target, asked);
  writeTail(writer, entity, asked);
}

/** `writes`: the number of each in the Write message, and its request. */
export function writeBatch(
  writer: Writer,
  writes: readonly { readonly number: number; readonly request: Uint8Array }[],
  { atomic, requestId }: { readonly atomic: unknown; readonly requestId: string | undefined },
): void {
  for (const { number, request } of writes) {
    writer.tag(1, 2);
    const start = writer.begin();
    writer.tag(number, 2);
    writer.bytes(request);
    writer.end(start);
  }
  writeFlag(writer, 2, atomic);
  writeText(writer, 9, requestId);
}
