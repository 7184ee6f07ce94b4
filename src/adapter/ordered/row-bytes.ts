/** Rows as bytes, by field numbers: fields may be added, removed, renamed and reordered; those of other numbers are carried along unread. */

import type { EntityModel } from "../../model/entity.ts";
import { decimalFits } from "../../model/decimal.ts";
import type { Field, FieldType } from "../../model/field.ts";
import type { MutableRecord, EntityRecord, Value } from "../../model/value.ts";
import { absentValue } from "../../model/zero.ts";
import { scalarBytes, scalarOf, take, takeVarint, varint } from "../reading/scalar-bytes.ts";
import { documentCodec } from "../document/document.ts";
import { DocumentError, parseJson } from "../document/json.ts";

/** The first byte; another layout gets another. */
const LAYOUT = 1;

export interface RowCodec {
  /** @param before the row that it takes the place of, as it was decoded: what was unread in it stays */
  encode(record: EntityRecord, before?: EntityRecord): Buffer;
  /** In normal form. @throws DocumentError where the bytes are none that `encode` makes, or hold what a field of this type cannot */
  /** @param only ordinals: all other fields are as absent, and not looked into */
  decode(bytes: Buffer, only?: ReadonlySet<number>): EntityRecord;
}

/** By row as it was decoded: the members whose numbers nobody here knows. */
const carried = new WeakMap<EntityRecord, readonly Buffer[]>();

interface FieldCodec {
  encode(value: Value): Uint8Array;
  decode(bytes: Buffer): Value | undefined;
}

export function rowCodec({ fields }: EntityModel): RowCodec {
  const codecs = fields.map((field) => ({ field, codec: fieldCodec(field), number: varint(field.number) }));
  const byNumber = new Map(codecs.map((entry) => [entry.field.number, entry]));
  const absent: EntityRecord = fields.map(absentValue);
  return {
    encode: (record, before) => {
      const parts: Uint8Array[] = [Uint8Array.of(LAYOUT)];
      for (const { field, codec, number } of codecs) {
        const value = record[field.ordinal];
        if (value === undefined) continue;
        const body = codec.encode(value);
        parts.push(number, varint(body.length), body);
      }
      const unread = before && carried.get(before);
      if (unread) parts.push(...unread);
      return Buffer.concat(parts);
    },
    decode: (bytes, only) => {
      const record: MutableRecord = [...absent];
      const unread: Buffer[] = [];
      const at = { offset: 0 };
      if (take(bytes, at) !== LAYOUT) throw malformed();
      while (at.offset < bytes.length) {
        const start = at.offset;
        const entry = byNumber.get(takeVarint(bytes, at));
        const length = takeVarint(bytes, at);
        if (length < 0 || at.offset + length > bytes.length) throw malformed();
        const body = at.offset;
        at.offset += length;
        if (entry && only && !only.has(entry.field.ordinal)) continue;
        const value = entry?.codec.decode(bytes.subarray(body, at.offset));
        if (!entry) unread.push(bytes.subarray(start, at.offset));
        else if (value !== undefined && isOf(entry.field.type, value)) record[entry.field.ordinal] = value;
        else throw malformed();
      }
      if (unread.length > 0) carried.set(record, unread);
      return record;
    },
  };
}

function fieldCodec({ type }: Field): FieldCodec {
  if (type.kind !== "message" && type.kind !== "list" && type.kind !== "map")
    return { encode: (value) => scalarBytes(type, value), decode: (bytes) => scalarOf(type, bytes) };
  const document = documentCodec(type);
  return {
    encode: (value) => Buffer.from(JSON.stringify(document.encode(value)), "utf8"),
    decode: (bytes) => document.decode(parseJson(bytes.toString("utf8"))),
  };
}

/** Whether a field can hold it: a version with a wider type may have written the row. */
function isOf(type: FieldType, value: Value): boolean {
  if (type.kind === "int32" || type.kind === "enum") return typeof value === "number" && (value | 0) === value;
  if (type.kind === "float") return typeof value === "number" && Math.fround(value) === value;
  return type.kind !== "decimal" || (typeof value === "bigint" && decimalFits(value, type.precision));
}

function malformed(): DocumentError {
  return new DocumentError("a stored row is malformed");
}
