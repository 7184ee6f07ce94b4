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
        decode: boolOf,
        read: readBool,
      };
    case "int32":
    case "enum":
      return ofNumber(isInt32);
    case "uint32":
      return ofNumber(isUint32);
    case "float":
      return ofNumber((number) => Number.isFinite(Math.fround(number)));
    case "double":
      return ofNumber(Number.isFinite);
    case "int64":
    case "uint64": {
      const { kind } = type;
      return ofText(String, (text) => integerIn(kind, text));
    }
    case "string":
      return {
        encode: String,
        write: (value) => JSON.stringify(value),
        decode: textOf,
        read: (text) => text.string(),
      };
    case "bytes":
      return ofText(base64, bytesOf);
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

function boolOf(json: Json): boolean {
  if (typeof json !== "boolean") throw new DocumentError("a stored bool is neither true nor false");
  return json;
}

/** @param fits whether the type holds a number, which JSON may have of any size */
function ofNumber(fits: (number: number) => boolean): DocumentCodec {
  const held = (number: number): number => {
    if (!fits(number)) throw unfitting();
    return number;
  };
  return {
    encode: Number,
    write: (value) => Number(value).toString(),
    decode: (json) => held(numberOf(json)),
    read: (text) => held(text.number()),
  };
}

function isInt32(number: number): boolean {
  return Number.isInteger(number) && number >= -2_147_483_648 && number <= 2_147_483_647;
}

function isUint32(number: number): boolean {
  return Number.isInteger(number) && number >= 0 && number <= 4_294_967_295;
}

const HELD = {
  int32: { least: -(2n ** 31n), most: 2n ** 31n - 1n },
  uint32: { least: 0n, most: 2n ** 32n - 1n },
  int64: { least: -(2n ** 63n), most: 2n ** 63n - 1n },
  uint64: { least: 0n, most: 2n ** 64n - 1n },
} as const;

/** An integer in digits, as 64-bit numbers and keys of maps are written. @throws DocumentError where its type does not hold it */
export function integerIn(kind: "int32" | "uint32" | "int64" | "uint64", text: string): bigint {
  const { least, most } = HELD[kind];
  const integer = shortDecimal(text, 0) ?? exactly(text, 0);
  if (integer < least || integer > most) throw unfitting();
  return integer;
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
    (text) => shortDecimal(text, scale) ?? exactly(text, scale),
  );
}

/** @throws DocumentError where it has more digits behind the point */
function exactly(text: string, scale: number): bigint {
  const parsed = wellFormed(parseDecimal(text));
  const { value, exact } = rescale(parsed.unscaled, parsed.scale, scale);
  if (!exact) throw unfitting();
  return value;
}

function base64(value: Value): string {
  if (!(value instanceof Uint8Array)) throw new TypeError("bytes expected");
  return Buffer.from(value.buffer, value.byteOffset, value.length).toString("base64");
}

/** Buffer passes over what is no base64, and over what is behind its end. */
function bytesOf(text: string): Uint8Array {
  const bytes = Buffer.from(text, "base64");
  if (bytes.toString("base64") !== text) throw new DocumentError("stored bytes are no base64");
  return new Uint8Array(bytes);
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

/** Another program may have written it, or a process of a newer schema, whose type is wider: cut to what fits, it would be stored so with the next change. */
function unfitting(): DocumentError {
  return new DocumentError("a stored number does not fit its type");
}

function wellFormed<Parsed>(parsed: Parsed | undefined): Parsed {
  if (parsed === undefined) throw new DocumentError("a stored number, timestamp or duration is malformed");
  return parsed;
}
