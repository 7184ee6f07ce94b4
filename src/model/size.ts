/** About how many bytes a Record takes in an answer: what rows are limited, and pages, frames and batches cut by. */

import type { MessageType } from "./field.ts";
import { isList, isMap, type Record, type Value } from "./value.ts";

/** Of the named fields, or of all. Never below the encoded size by more than a few bytes a field. */
export function recordBytes(message: MessageType, record: Record, fields?: readonly number[]): number {
  let bytes = 0;
  if (fields) for (const ordinal of fields) bytes += fieldBytes(record[ordinal]);
  else for (const value of record) bytes += fieldBytes(value);
  return bytes + message.fields.length;
}

/** Tag and length with it. */
function fieldBytes(value: Value | undefined): number {
  return value === undefined ? 0 : 3 + valueBytes(value);
}

function valueBytes(value: Value): number {
  if (typeof value === "string") return 2 + Buffer.byteLength(value);
  if (typeof value === "bigint") return bigintBytes(value);
  if (typeof value === "number" || typeof value === "boolean") return 9;
  if (value instanceof Uint8Array) return 4 + value.length;
  let bytes = 4;
  if (isMap(value))
    for (const [key, entry] of value)
      bytes += 8 + (typeof key === "string" ? Buffer.byteLength(key) : 10) + valueBytes(entry);
  else if (isList(value)) for (const element of value) bytes += fieldBytes(element);
  return bytes;
}

/** Integers and timestamps take at most 18 bytes; only a decimal is longer. */
function bigintBytes(value: bigint): number {
  return value < 0x7fff_ffff_ffff_ffffn && value > -0x7fff_ffff_ffff_ffffn ? 20 : 82;
}
