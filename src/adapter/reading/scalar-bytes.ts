/** Single values as compact bytes, decoded by their field's type; and the small numbers around them. They do not sort. */

import type { FieldType } from "../../model/field.ts";
import type { Value } from "../../model/value.ts";

/** A scalar without its length. @throws TypeError for lists, maps and messages */
export function scalarBytes(type: FieldType, value: Value): Uint8Array {
  if (typeof value === "string") return Buffer.from(value, "utf8");
  if (typeof value === "number") return doubleBytes(value);
  if (typeof value === "bigint") return bigintBytes(value);
  if (typeof value === "boolean") return Uint8Array.of(Number(value));
  if (value instanceof Uint8Array) return value;
  throw new TypeError(`a field of kind ${type.kind} has no order`);
}

/** What `scalarBytes` was given; undefined for bytes that it never makes. A copy. */
export function scalarOf(type: FieldType, body: Buffer): Value | undefined {
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
export function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

/** Moves on behind it; −1 where none is there. */
export function takeVarint(bytes: Buffer, at: { offset: number }): number {
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
export function take(bytes: Buffer, at: { offset: number }): number {
  return bytes[at.offset++] ?? -1;
}
