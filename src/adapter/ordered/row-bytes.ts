/** Rows as bytes, by field numbers: fields may be added, removed, renamed and reordered. */

import type { EntityModel } from "../../model/entity.ts";
import type { Field } from "../../model/field.ts";
import type { MutableRecord, EntityRecord, Value } from "../../model/value.ts";
import { absentValue } from "../../model/zero.ts";
import { scalarBytes, scalarOf, take, takeVarint, varint } from "../scalar-bytes.ts";
import { documentCodec } from "../sql/document.ts";
import { DocumentError, parseJson } from "../sql/json.ts";

/** The first byte; another layout gets another. */
const LAYOUT = 1;

export interface RowCodec {
  encode(record: EntityRecord): Buffer;
  /** In normal form. @throws DocumentError where the bytes are none that `encode` makes */
  decode(bytes: Buffer): EntityRecord;
}

interface FieldCodec {
  encode(value: Value): Uint8Array;
  decode(bytes: Buffer): Value | undefined;
}

export function rowCodec({ fields }: EntityModel): RowCodec {
  const codecs = fields.map((field) => ({ field, codec: fieldCodec(field), number: varint(field.number) }));
  const byNumber = new Map(codecs.map((entry) => [entry.field.number, entry]));
  const absent: EntityRecord = fields.map(absentValue);
  return {
    encode: (record) => {
      const parts: Uint8Array[] = [Uint8Array.of(LAYOUT)];
      for (const { field, codec, number } of codecs) {
        const value = record[field.ordinal];
        if (value === undefined) continue;
        const body = codec.encode(value);
        parts.push(number, varint(body.length), body);
      }
      return Buffer.concat(parts);
    },
    decode: (bytes) => {
      const record: MutableRecord = [...absent];
      const at = { offset: 0 };
      if (take(bytes, at) !== LAYOUT) throw malformed();
      while (at.offset < bytes.length) {
        const entry = byNumber.get(takeVarint(bytes, at));
        const length = takeVarint(bytes, at);
        if (length < 0 || at.offset + length > bytes.length) throw malformed();
        const value = entry?.codec.decode(bytes.subarray(at.offset, at.offset + length));
        if (entry && value === undefined) throw malformed();
        if (entry) record[entry.field.ordinal] = value;
        at.offset += length;
      }
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

function malformed(): DocumentError {
  return new DocumentError("a stored row is malformed");
}
