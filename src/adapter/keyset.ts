/**
 * Cursors of keyset pages: the values of a row in a plan's order, as compact bytes. Each value is marked with its
 * field's number, kind and direction, so that a cursor from before a change of schema is refused and never misread.
 */

import type { EntityModel, OrderTerm } from "../model/entity.ts";
import { Fault } from "../model/fault.ts";
import type { FieldType, TypeKind } from "../model/field.ts";
import type { MutableRecord, Record, Value } from "../model/value.ts";
import type { Cursor } from "./adapter.ts";

/** The first byte; another layout gets another. */
const LAYOUT = 1;

/** Position is the kind's number in a cursor: only ever appended to. */
const KINDS: readonly TypeKind[] = [
  "bool",
  "int32",
  "uint32",
  "int64",
  "uint64",
  "float",
  "double",
  "string",
  "bytes",
  "timestamp",
  "duration",
  "decimal",
  "enum",
];

/** The position right after a row. The order must be total over the rows that are paged through. */
export function encodeCursor(order: readonly OrderTerm[], entity: EntityModel, record: Record): Cursor {
  const parts: Uint8Array[] = [Uint8Array.of(LAYOUT)];
  for (const term of order) {
    const { type, number } = fieldAt(entity, term);
    const value = record[term.ordinal];
    const body = value === undefined ? undefined : bodyOf(type, value);
    const kind = KINDS.indexOf(type.kind);
    parts.push(varint(number), Uint8Array.of((kind << 2) | (term.desc ? 2 : 0) | (body ? 1 : 0), scaleOf(type)));
    if (body) parts.push(varint(body.length), body);
  }
  return Buffer.concat(parts);
}

/** A Record with the ordered fields alone. A cursor that was not made for this order and schema is PAGE_TOKEN_INVALID. */
export function decodeCursor(order: readonly OrderTerm[], entity: EntityModel, cursor: Cursor): Record {
  const bytes = Buffer.from(cursor.buffer, cursor.byteOffset, cursor.length);
  const record: MutableRecord = entity.fields.map(() => undefined);
  const at = { offset: 0 };
  if (take(bytes, at) !== LAYOUT) throw misfit(entity);
  for (const term of order) {
    const { type, number } = fieldAt(entity, term);
    if (takeVarint(bytes, at) !== number) throw misfit(entity);
    const mark = take(bytes, at);
    const kind = (KINDS.indexOf(type.kind) << 2) | (term.desc ? 2 : 0);
    if ((mark & ~1) !== kind || take(bytes, at) !== scaleOf(type)) throw misfit(entity);
    if ((mark & 1) === 0) continue;
    const length = takeVarint(bytes, at);
    const value =
      length >= 0 && at.offset + length <= bytes.length
        ? valueOf(type, bytes.subarray(at.offset, at.offset + length))
        : undefined;
    if (value === undefined) throw misfit(entity);
    record[term.ordinal] = value;
    at.offset += length;
  }
  if (at.offset !== bytes.length) throw misfit(entity);
  return record;
}

function misfit(entity: EntityModel): Fault {
  return new Fault(
    "PAGE_TOKEN_INVALID",
    "the page token was made for another order or an earlier schema; start again without it",
    {
      entity: entity.name,
    },
  );
}

function fieldAt(entity: EntityModel, term: OrderTerm): { readonly type: FieldType; readonly number: number } {
  const field = entity.fields[term.ordinal];
  if (!field) throw new TypeError(`${entity.name} has no field with ordinal ${term.ordinal}`);
  return field;
}

/** An unscaled decimal means nothing without it. */
function scaleOf(type: FieldType): number {
  return type.kind === "decimal" ? type.scale : 0;
}

function bodyOf(type: FieldType, value: Value): Uint8Array {
  if (typeof value === "string") return Buffer.from(value, "utf8");
  if (typeof value === "number") return doubleBytes(value);
  if (typeof value === "bigint") return bigintBytes(value);
  if (typeof value === "boolean") return Uint8Array.of(Number(value));
  if (value instanceof Uint8Array) return value;
  throw new TypeError(`a field of kind ${type.kind} has no order`);
}

function valueOf(type: FieldType, body: Buffer): Value | undefined {
  switch (type.kind) {
    case "string":
      return body.toString("utf8");
    case "bytes":
      return Uint8Array.from(body);
    case "bool":
      return body.length === 1 ? body[0] === 1 : undefined;
    case "int32":
    case "uint32":
    case "enum":
    case "float":
    case "double":
      return body.length === 8 ? body.readDoubleBE(0) : undefined;
    case "int64":
    case "uint64":
    case "timestamp":
    case "duration":
    case "decimal":
      return bigintOf(body);
    case "message":
    case "list":
    case "map":
      return undefined;
  }
}

function doubleBytes(value: number): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return bytes;
}

/** A sign byte, then the magnitude, highest byte first. */
function bigintBytes(value: bigint): Uint8Array {
  const digits = (value < 0n ? -value : value).toString(16);
  return Buffer.from(`${value < 0n ? "01" : "00"}${digits.length % 2 === 0 ? "" : "0"}${digits}`, "hex");
}

function bigintOf(body: Buffer): bigint | undefined {
  if (body.length < 2) return undefined;
  const magnitude = BigInt(`0x${body.toString("hex", 1)}`);
  return body[0] === 1 ? -magnitude : magnitude;
}

/** Little-endian groups of seven bits, as protobuf has them. */
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

function takeVarint(bytes: Buffer, at: { offset: number }): number {
  let value = 0;
  for (let scale = 1; scale <= 128 ** 4; scale *= 128) {
    const byte = take(bytes, at);
    if (byte < 0) return -1;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return value;
  }
  return -1;
}

/** −1 behind the end, which fits nothing. */
function take(bytes: Buffer, at: { offset: number }): number {
  return bytes[at.offset++] ?? -1;
}
