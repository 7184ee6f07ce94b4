/**
 * Scalars as JSON: 64-bit numbers and decimals as text, bytes as base64, enums as numbers, timestamps and durations as protobuf's JSON has
 * them.
 */

import { decimalText, parseDecimal, rescale, shortDecimal } from "../../model/decimal.ts";
import type { ScalarType } from "../../model/field.ts";
import type { Value } from "../../model/value.ts";
import type { DocumentCodec } from "./document-codec.ts";
import { readBool } from "./json-text.ts";
import { DocumentError, type Json } from "./json.ts";
import { durationText, parseDuration, parseTimestamp, timestampText } from "./moment.ts";

export function scalarDocument(type: ScalarType): DocumentCodec {
  switch (type.kind) {
    case "bool":
      return {
        encode: (value) => value === true,
        write: (value) => (value === true ? "true" : "false"),
        decode: (json) => json === true,
        read: readBool,
      };
    case "int32":
    case "uint32":
    case "float":
    case "double":
    case "enum":
      return {
        encode: Number,
        write: (value) => Number(value).toString(),
        decode: numberOf,
        read: (text) => text.number(),
      };
    case "int64":
    case "uint64":
      return ofText(String, BigInt);
    case "string":
      return {
        encode: String,
        write: (value) => JSON.stringify(value),
        decode: textOf,
        read: (text) => text.string(),
      };
    case "bytes":
      return ofText(base64, (text) => new Uint8Array(Buffer.from(text, "base64")));
    case "decimal":
      return decimalCodec(type.scale);
    case "timestamp":
      return ofText(
        (value) => timestampText(integerOf(value)),
        (text) => wellFormed(parseTimestamp(text)),
      );
    case "duration":
      return ofText(
        (value) => durationText(integerOf(value)),
        (text) => wellFormed(parseDuration(text)),
      );
  }
}

/** @param encode gives no character that JSON escapes */
function ofText(encode: (value: Value) => string, decode: (text: string) => Value): DocumentCodec {
  return {
    encode,
    write: (value) => `"${encode(value)}"`,
    decode: (json) => decode(textOf(json)),
    read: (text) => decode(text.string()),
  };
}

function decimalCodec(scale: number): DocumentCodec {
  return ofText(
    (value) => decimalText(integerOf(value), scale),
    (text) => {
      const short = shortDecimal(text, scale);
      if (short !== undefined) return short;
      const parsed = wellFormed(parseDecimal(text));
      return rescale(parsed.unscaled, parsed.scale, scale).value;
    },
  );
}

function base64(value: Value): string {
  if (!(value instanceof Uint8Array)) throw new TypeError("bytes expected");
  return Buffer.from(value.buffer, value.byteOffset, value.length).toString("base64");
}

function integerOf(value: Value): bigint {
  if (typeof value !== "bigint") throw new TypeError("a bigint expected");
  return value;
}

function numberOf(json: Json): number {
  if (typeof json !== "number") throw new DocumentError("a stored number is not a JSON number");
  return json;
}

function textOf(json: Json): string {
  if (typeof json !== "string") throw new DocumentError("a stored text is not a JSON string");
  return json;
}

function wellFormed<Parsed>(parsed: Parsed | undefined): Parsed {
  if (parsed === undefined) throw new DocumentError("a stored decimal, timestamp or duration is malformed");
  return parsed;
}
