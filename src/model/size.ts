/** About how many bytes a record takes in an answer: what rows are limited, and pages, frames and batches cut by. */

import type { FieldType, MessageField, MessageType, WireFormat } from "./field.ts";
import { isList, isMap, type MapKey, type EntityRecord, type Value } from "./value.ts";

/**
 * Of the named fields, or of all. As protobuf encodes them, within a byte or so for each value: the parts of times, and the digits of
 * decimals, are those of the nearest double.
 */
export function recordBytes(message: MessageType, record: EntityRecord, fields?: readonly number[]): number {
  const sizes = sizesOf(message);
  let bytes = 0;
  if (fields) for (const ordinal of fields) bytes += fieldBytes(sizes[ordinal], record[ordinal]);
  else for (let ordinal = 0; ordinal < record.length; ordinal++) bytes += fieldBytes(sizes[ordinal], record[ordinal]);
  return bytes;
}

/** Whether a record has more than `limit` bytes; most are told from it without being measured. */
export function exceedsBytes(
  message: MessageType,
  record: EntityRecord,
  limit: number,
  fields?: readonly number[],
): boolean {
  return mostBytes(record, fields) > limit && recordBytes(message, record, fields) > limit;
}

/** Never less than `recordBytes`, and found in a fifth of the time: by what values are, whatever their fields. */
export function mostBytes(record: EntityRecord, fields?: readonly number[]): number {
  let bytes = 0;
  if (fields) for (const ordinal of fields) bytes += mostOf(record[ordinal]);
  else for (let ordinal = 0; ordinal < record.length; ordinal++) bytes += mostOf(record[ordinal]);
  return bytes;
}

/** Tag, length, and a wrapper with its own tag. */
const MOST_AROUND = 12;
/** Of an int64, or of a double. */
const MOST_NUMBER = 10;
/** The widest decimal, with sign and point; wider than a time. */
const MOST_BIGINT = 80;
/** From here on no type holds it, but others may have written it into a document (see `decimalBytes`). */
const TOO_WIDE = 10n ** 78n;
const TOO_WIDE_BELOW = -TOO_WIDE;

function mostOf(value: Value | undefined): number {
  if (typeof value === "string") return MOST_AROUND + 3 * value.length;
  if (typeof value === "bigint") return MOST_AROUND + mostDigits(value);
  if (value === undefined) return 0;
  if (typeof value === "number" || typeof value === "boolean") return MOST_AROUND + MOST_NUMBER;
  return MOST_AROUND + (isList(value) ? mostBytes(value) : mostInside(value));
}

function mostDigits(value: bigint): number {
  return value < TOO_WIDE && value > TOO_WIDE_BELOW ? MOST_BIGINT : String(value).length;
}

function mostInside(value: Uint8Array | ReadonlyMap<MapKey, Value>): number {
  if (value instanceof Uint8Array) return value.length;
  let bytes = 0;
  for (const [key, item] of value) bytes += MOST_AROUND + mostOf(key) + mostOf(item);
  return bytes;
}

function fieldBytes(size: Size | undefined, value: Value | undefined): number {
  return value === undefined || !size ? 0 : size(value);
}

/** Bytes of one field's value, or of one element. */
type Size = (value: Value) => number;

/** Of each field, with its tag. Compiled when a message is first asked about. */
const compiled = new WeakMap<MessageType, readonly Size[]>();

function sizesOf(message: MessageType): readonly Size[] {
  let sizes = compiled.get(message);
  if (!sizes) compiled.set(message, (sizes = message.fields.map(fieldSize)));
  return sizes;
}

function fieldSize({ type, wire, number }: MessageField): Size {
  const tag = varintBytes(number * 8);
  if (type.kind === "list") {
    const element = valueSize(type.element, wire);
    const packed = wire.packed && isPacked(type.element);
    return (value) => (isList(value) ? listBytes(element, packed, tag, value) : 0);
  }
  if (type.kind === "map") {
    const entry = valueSize(type.value, wire);
    return (value) => (isMap(value) ? mapBytes(entry, wire, tag, value) : 0);
  }
  const size = valueSize(type, wire);
  return (value) => tag + size(value);
}

function listBytes(element: Size, packed: boolean, tag: number, list: EntityRecord): number {
  let bytes = 0;
  for (const value of list) if (value !== undefined) bytes += element(value);
  return packed ? tag + lengthBytes(bytes) : bytes + tag * list.length;
}

/** Numbers, bools and enums are packed into one field. */
function isPacked({ kind }: FieldType): boolean {
  return (
    kind !== "string" &&
    kind !== "bytes" &&
    kind !== "decimal" &&
    kind !== "timestamp" &&
    kind !== "duration" &&
    kind !== "message"
  );
}

/** An entry has two tags of one byte. */
function mapBytes(entry: Size, wire: WireFormat, tag: number, map: ReadonlyMap<MapKey, Value>): number {
  let bytes = 0;
  for (const [key, value] of map) bytes += tag + lengthBytes(2 + keyBytes(key, wire) + entry(value));
  return bytes;
}

function keyBytes(key: MapKey, wire: WireFormat): number {
  if (typeof key === "string") return lengthBytes(Buffer.byteLength(key));
  if (typeof key === "boolean") return 1;
  if (wire.key === "fixed") return typeof key === "bigint" ? 8 : 4;
  return wire.key === "zigzag" ? zigzagBytes(Number(key)) : integerBytes(Number(key));
}

/** Without its tag. */
function valueSize(type: FieldType, wire: WireFormat): Size {
  const size = bareSize(type, wire);
  return wire.wrapper ? (value) => size(value) + 2 : size;
}

function bareSize(type: FieldType, wire: WireFormat): Size {
  switch (type.kind) {
    case "string":
      return (value) => (typeof value === "string" ? lengthBytes(Buffer.byteLength(value)) : 0);
    case "bytes":
      return (value) => (value instanceof Uint8Array ? lengthBytes(value.length) : 0);
    case "bool":
      return () => 1;
    case "float":
      return () => 4;
    case "double":
      return () => 8;
    case "int32":
    case "uint32":
    case "enum":
      return integerSize(wire, 4);
    case "int64":
    case "uint64":
      return integerSize(wire, 8);
    case "timestamp":
    case "duration": {
      const { kind } = type;
      return (value) => lengthBytes(timeBytes(Number(value), kind));
    }
    case "decimal": {
      const { scale } = type;
      return (value) => lengthBytes(decimalBytes(Number(value), scale));
    }
    case "message": {
      const { message } = type;
      return (value) => (isList(value) ? lengthBytes(recordBytes(message, value)) : 0);
    }
    case "list":
    case "map":
      return () => 0; // protobuf has neither inside a list or a map
  }
}

function integerSize({ encoding }: WireFormat, fixed: number): Size {
  if (encoding === "fixed") return () => fixed;
  return encoding === "zigzag" ? (value) => zigzagBytes(Number(value)) : (value) => integerBytes(Number(value));
}

/** Content and the length before it. */
function lengthBytes(content: number): number {
  return varintBytes(content) + content;
}

/** A number rounded to 53 bits has as many bytes, or one more just below a power of two. */
function integerBytes(value: number): number {
  return value < 0 ? 10 : varintBytes(value);
}

function zigzagBytes(value: number): number {
  return varintBytes(value < 0 ? -2 * value - 1 : 2 * value);
}

function varintBytes(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x20_0000) return 3;
  if (value < 0x1000_0000) return 4;
  return Math.ceil(Math.log2(value + 1) / 7);
}

const BILLION = 1_000_000_000;

/** Seconds and nanos, each with a tag, and absent where 0. */
function timeBytes(nanoseconds: number, kind: "timestamp" | "duration"): number {
  // Both parts of a negative duration are negative; a timestamp's nanos never are.
  const isNegative = kind === "duration" && nanoseconds < 0;
  const size = isNegative ? -nanoseconds : nanoseconds;
  const seconds = Math.floor(size / BILLION);
  const nanos = size - seconds * BILLION;
  // A double knows a time of today to 256 nanoseconds.
  const doubt = Number.isSafeInteger(size) ? 0 : Math.abs(size) * Number.EPSILON;
  const isWhole = nanos <= doubt || nanos >= BILLION - doubt;
  const part = (value: number): number => 1 + (isNegative ? 10 : integerBytes(value));
  return (seconds === 0 ? 0 : part(seconds)) + (isWhole ? 0 : part(nanos));
}

/** Sign, point, and digits: one more or less than there are, now and then, where the number is as good as a power of ten. */
function decimalBytes(unscaled: number, scale: number): number {
  const size = Math.abs(unscaled);
  let digits = 1;
  // Others may have written more digits into a document than any type has, and more than a number counts.
  for (let power = 10; power <= size && power < Infinity; power *= 10) digits++;
  return (unscaled < 0 ? 1 : 0) + (scale > 0 ? 1 : 0) + Math.max(scale + 1, digits);
}
