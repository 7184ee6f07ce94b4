/**
 * Cursors of keyset pages: the values of a row in a plan's order, as compact bytes. Each value is marked with its
 * field's number, kind and direction, so that a cursor from before a change of schema is refused and never misread.
 */

import type { EntityModel, OrderTerm } from "../../model/entity.ts";
import { Fault } from "../../model/fault.ts";
import type { FieldType, TypeKind } from "../../model/field.ts";
import type { MutableRecord, EntityRecord } from "../../model/value.ts";
import type { Cursor } from "../adapter.ts";
import { scalarBytes, scalarOf, take, takeVarint, varint } from "./scalar-bytes.ts";

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
export function encodeCursor(order: readonly OrderTerm[], entity: EntityModel, record: EntityRecord): Cursor {
  const parts: Uint8Array[] = [Uint8Array.of(LAYOUT)];
  for (const term of order) {
    const { type, number } = fieldAt(entity, term);
    const value = record[term.ordinal];
    const body = value === undefined ? undefined : scalarBytes(type, value);
    const kind = KINDS.indexOf(type.kind);
    parts.push(varint(number), Uint8Array.of((kind << 2) | (term.desc ? 2 : 0) | (body ? 1 : 0), scaleOf(type)));
    if (body) parts.push(varint(body.length), body);
  }
  return Buffer.concat(parts);
}

/** A record with the ordered fields alone. A cursor that was not made for this order and schema is PAGE_TOKEN_INVALID. */
export function decodeCursor(order: readonly OrderTerm[], entity: EntityModel, cursor: Cursor): EntityRecord {
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
        ? scalarOf(type, bytes.subarray(at.offset, at.offset + length))
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
