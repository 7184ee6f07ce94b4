/**
 * Values as bytes that sort as the values do, for stores whose only order is that of bytes. A term is a mark of absence or
 * presence and then the value; no term is the beginning of another, so that terms can follow each other without separators.
 * Descending terms have every bit turned. Absent sorts first ascending and last descending (DESIGN section 5.1).
 */

import type { FieldType } from "../../model/field.ts";
import type { Value } from "../../model/value.ts";

const ABSENT = 1;
const PRESENT = 2;

/** Ends a text; every 0 byte inside is followed by 0xff, so that the end sorts before any byte. */
const END = Buffer.of(0, 1);

/** One value of an order. @throws TypeError for lists, maps and messages, which have none */
export function termBytes(type: FieldType, value: Value | undefined, desc: boolean): Buffer {
  const bytes =
    value === undefined ? Buffer.of(ABSENT) : Buffer.concat([Buffer.of(PRESENT), presentBytes(type, value)]);
  return desc ? inverted(bytes) : bytes;
}

/** The bytes that all present values of a term begin with. */
export function presentMark(desc: boolean): Buffer {
  return desc ? inverted(Buffer.of(PRESENT)) : Buffer.of(PRESENT);
}

/** The bytes that exactly the texts with this prefix begin with. */
export function prefixBytes(prefix: string, desc: boolean): Buffer {
  const bytes = Buffer.concat([Buffer.of(PRESENT), escaped(Buffer.from(prefix, "utf8"))]);
  return desc ? inverted(bytes) : bytes;
}

/** A name as a part of a key: no name is the beginning of another. */
export function nameBytes(name: string): Buffer {
  return Buffer.concat([escaped(Buffer.from(name, "utf8")), END]);
}

/** The first bytes behind everything that begins with these. @throws RangeError where nothing is behind them */
export function successor(bytes: Buffer): Buffer {
  let length = bytes.length;
  while (length > 0 && bytes[length - 1] === 0xff) length -= 1;
  if (length === 0) throw new RangeError("nothing sorts behind these bytes");
  const next = Buffer.from(bytes.subarray(0, length));
  next[length - 1] = (next[length - 1] ?? 0) + 1;
  return next;
}

function presentBytes(type: FieldType, value: Value): Buffer {
  if (typeof value === "string") return nameBytes(value);
  if (typeof value === "number") return numberBytes(value);
  if (typeof value === "bigint") return integerBytes(value);
  if (typeof value === "boolean") return Buffer.of(Number(value));
  if (value instanceof Uint8Array) return Buffer.concat([escaped(value), END]);
  throw new TypeError(`a field of kind ${type.kind} has no order`);
}

function escaped(bytes: Uint8Array): Uint8Array {
  if (!bytes.includes(0)) return bytes;
  const out: number[] = [];
  for (const byte of bytes) {
    out.push(byte);
    if (byte === 0) out.push(0xff);
  }
  return Uint8Array.from(out);
}

/** A double, big-endian: negative ones with all bits turned, the others with the sign bit set. Never NaN or −0. */
function numberBytes(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  if (value < 0) return inverted(bytes);
  bytes[0] = (bytes[0] ?? 0) | 0x80;
  return bytes;
}

/** How many bytes the magnitude has, above or below 0x80 by the sign; then the magnitude, turned where it is negative. */
function integerBytes(value: bigint): Buffer {
  if (value === 0n) return Buffer.of(0x80);
  const digits = (value < 0n ? -value : value).toString(16);
  const magnitude = Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, "hex");
  if (magnitude.length > 0x7e) throw new RangeError("an integer of more than 126 bytes has no place in a key");
  if (value > 0n) return Buffer.concat([Buffer.of(0x80 + magnitude.length), magnitude]);
  return Buffer.concat([Buffer.of(0x80 - magnitude.length), inverted(magnitude)]);
}

function inverted(bytes: Uint8Array): Buffer {
  const out = Buffer.allocUnsafe(bytes.length);
  for (let i = 0; i < bytes.length; i++) out[i] = ~(bytes[i] ?? 0);
  return out;
}
