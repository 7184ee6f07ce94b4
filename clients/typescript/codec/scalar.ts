/** One value of each kind: how it is written, read, and what it is when nothing was sent. */

import type { EnumTable, FieldTable, ScalarKind, ValueKind } from "../schema/tables.ts";
import { Duration } from "../value/duration.ts";
import { Timestamp } from "../value/timestamp.ts";
import { ValueError } from "../value/value-error.ts";
import { readList, readStruct, readValue, writeList, writeStruct, writeValue } from "./json-value.ts";
import type { Reader } from "./reader.ts";
import type { Writer } from "./writer.ts";

/** Without its tag; what has a length writes it. */
export interface Scalar {
  readonly wireType: 0 | 1 | 2 | 5;
  /** @throws ValueError for what is no such value */
  write(writer: Writer, value: unknown): void;
  read(reader: Reader): unknown;
  /** Whether nothing is sent for it where a field has no presence. */
  isZero(value: unknown): boolean;
  readonly zero: unknown;
}

function whole(kind: string, least: number, most: number): (value: unknown) => number {
  return (value) => {
    if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return value;
    throw wrong(`is a ${kind}: write a whole number from ${least} to ${most}`, value);
  };
}

function long(kind: string, least: bigint, most: bigint): (value: unknown) => bigint {
  return (value) => {
    if (typeof value === "bigint" && value >= least && value <= most) return value;
    throw wrong(`is a ${kind}: write a bigint from ${least}n to ${most}n`, value);
  };
}

const int32 = whole("int32", -2_147_483_648, 2_147_483_647);
const uint32 = whole("uint32", 0, 4_294_967_295);
const int64 = long("int64", -(2n ** 63n), 2n ** 63n - 1n);
const uint64 = long("uint64", 0n, 2n ** 64n - 1n);

function double(value: unknown): number {
  if (typeof value === "number") return value;
  throw wrong("is a number", value);
}

function text(value: unknown): string {
  if (typeof value === "string") return value;
  throw wrong("is a string", value);
}

function wrong(wanted: string, value: unknown): ValueError {
  const found = value === null ? "null" : Array.isArray(value) ? "an array" : `a ${typeof value}`;
  return new ValueError("FIELD_INVALID", `${wanted}; ${found} is none`);
}

function isNothing(value: unknown): boolean {
  return value === 0 || value === 0n || value === "" || value === false;
}

function numeric(wireType: 0 | 1 | 5, write: Scalar["write"], read: Scalar["read"], zero: unknown): Scalar {
  return { wireType, write, read, zero, isZero: (value) => isNothing(value) && !Object.is(value, -0) };
}

function framed(write: Scalar["write"], read: (reader: Reader, end: number) => unknown): Scalar {
  return {
    wireType: 2,
    write: (writer, value) => {
      const start = writer.begin();
      write(writer, value);
      writer.end(start);
    },
    read: (reader) => {
      const end = reader.end();
      const value = read(reader, end);
      reader.at = end;
      return value;
    },
    zero: undefined,
    isZero: () => false,
  };
}

const string: Scalar = {
  wireType: 2,
  write: (writer, value) => writer.string(text(value)),
  read: (reader) => reader.string(),
  zero: "",
  isZero: isNothing,
};

const decimal: Scalar = {
  ...string,
  write: (writer, value) => {
    if (typeof value !== "string") throw wrong('is a decimal: write it as text, such as "12.50"', value);
    writer.string(value);
  },
};

function readParts(reader: Reader, end: number): { readonly seconds: number; readonly nanos: number } {
  let seconds = 0;
  let nanos = 0;
  while (reader.at < end) {
    const tag = reader.uint32();
    if (tag === 8) seconds = Number(reader.int64());
    else if (tag === 16) nanos = reader.uint32() | 0;
    else reader.skip(tag);
  }
  return { seconds, nanos };
}

function writeParts(writer: Writer, seconds: number, nanos: number): void {
  if (seconds !== 0) {
    writer.tag(1, 0);
    writer.int32(seconds);
  }
  if (nanos !== 0) {
    writer.tag(2, 0);
    writer.int32(nanos);
  }
}

const timestamp = framed(
  (writer, value) => {
    if (!(value instanceof Timestamp) && !(value instanceof Date)) throw wrong("is a Timestamp or a Date", value);
    const { seconds, nanos } = Timestamp.from(value);
    writeParts(writer, seconds, nanos);
  },
  (reader, end) => {
    const { seconds, nanos } = readParts(reader, end);
    return new Timestamp(seconds, nanos);
  },
);

const duration = framed(
  (writer, value) => {
    if (!(value instanceof Duration)) throw wrong("is a Duration", value);
    writeParts(writer, value.seconds, value.nanos);
  },
  (reader, end) => {
    const { seconds, nanos } = readParts(reader, end);
    return new Duration(seconds, nanos);
  },
);

const SCALARS: { readonly [kind in ValueKind]: Scalar } = {
  int32: numeric(
    0,
    (w, v) => w.int32(int32(v)),
    (r) => r.uint32() | 0,
    0,
  ),
  uint32: numeric(
    0,
    (w, v) => w.varint(uint32(v)),
    (r) => r.uint32(),
    0,
  ),
  sint32: numeric(
    0,
    (w, v) => w.varint(zigzag(int32(v))),
    (r) => unzigzag(r.uint32()),
    0,
  ),
  fixed32: numeric(
    5,
    (w, v) => w.fixed32(uint32(v)),
    (r) => r.fixed32(),
    0,
  ),
  sfixed32: numeric(
    5,
    (w, v) => w.fixed32(int32(v)),
    (r) => r.sfixed32(),
    0,
  ),
  int64: numeric(
    0,
    (w, v) => w.int64(int64(v)),
    (r) => r.int64(),
    0n,
  ),
  uint64: numeric(
    0,
    (w, v) => w.int64(uint64(v)),
    (r) => r.uint64(),
    0n,
  ),
  sint64: numeric(
    0,
    (w, v) => w.int64(zigzag64(int64(v))),
    (r) => unzigzag64(r.uint64()),
    0n,
  ),
  fixed64: numeric(
    1,
    (w, v) => w.fixed64(uint64(v)),
    (r) => r.fixed64(),
    0n,
  ),
  sfixed64: numeric(
    1,
    (w, v) => w.fixed64(int64(v)),
    (r) => r.sfixed64(),
    0n,
  ),
  float: numeric(
    5,
    (w, v) => w.float(double(v)),
    (r) => r.float(),
    0,
  ),
  double: numeric(
    1,
    (w, v) => w.double(double(v)),
    (r) => r.double(),
    0,
  ),
  bool: numeric(
    0,
    (writer, value) => {
      if (typeof value !== "boolean") throw wrong("is a boolean", value);
      writer.varint(value ? 1 : 0);
    },
    (reader) => reader.uint64() !== 0n,
    false,
  ),
  string,
  decimal,
  bytes: {
    wireType: 2,
    write: (writer, value) => {
      if (!(value instanceof Uint8Array)) throw wrong("is bytes: write a Uint8Array", value);
      writer.bytes(value);
    },
    read: (reader) => reader.bytes(),
    zero: Object.freeze([]),
    isZero: (value) => value instanceof Uint8Array && value.length === 0,
  },
  timestamp,
  duration,
  struct: framed((w, v) => writeStruct(w, v), readStruct),
  value: framed((w, v) => writeValue(w, v), readValue),
  listValue: framed((w, v) => writeList(w, v), readList),
};

function zigzag(value: number): number {
  return ((value << 1) ^ (value >> 31)) >>> 0;
}

function unzigzag(value: number): number {
  return (value >>> 1) ^ -(value & 1);
}

function zigzag64(value: bigint): bigint {
  return BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
}

function unzigzag64(value: bigint): bigint {
  return BigInt.asIntN(64, (value >> 1n) ^ -(value & 1n));
}

function enumScalar({ name, values }: EnumTable): Scalar {
  const numbers = new Map(Object.entries(values));
  const names = new Map<number, string>();
  for (const [text, number] of numbers) if (!names.has(number)) names.set(number, text);
  return {
    wireType: 0,
    write: (writer, value) => {
      const number = typeof value === "string" ? numbers.get(value) : value;
      if (number === undefined)
        throw new ValueError("ENUM_UNKNOWN", `is a ${name}: ${[...numbers.keys()].slice(0, 20).join(", ")}`);
      writer.int32(int32(number));
    },
    read: (reader) => {
      const number = reader.uint32() | 0;
      return names.get(number) ?? number;
    },
    zero: names.get(0) ?? 0,
    isZero: (value) => value === 0 || (typeof value === "string" && numbers.get(value) === 0),
  };
}

const enums = new WeakMap<EnumTable, Scalar>();

export function scalarOf(kind: ValueKind): Scalar {
  return SCALARS[kind];
}

/** Undefined for messages, which are no scalars. */
export function elementScalar(field: FieldTable): Scalar | undefined {
  if (field.kind === "message") return undefined;
  if (field.kind !== "enum") return SCALARS[field.kind];
  const known = enums.get(field.enum);
  if (known) return known;
  const made = enumScalar(field.enum);
  enums.set(field.enum, made);
  return made;
}

/** A key of a map, which is text here. */
export function keyFromText(kind: ScalarKind, key: string): unknown {
  switch (kind) {
    case "string":
    case "bytes": // which no key is
      return key;
    case "bool":
      if (key !== "true" && key !== "false")
        throw new ValueError("FIELD_INVALID", "has a key that is not true or false");
      return key === "true";
    case "int64":
    case "uint64":
    case "sint64":
    case "fixed64":
    case "sfixed64":
      if (!/^-?\d{1,20}$/.test(key)) throw new ValueError("FIELD_INVALID", "has a key that is no whole number");
      return BigInt(key);
    case "int32":
    case "uint32":
    case "sint32":
    case "fixed32":
    case "sfixed32":
    case "float":
    case "double":
      if (!/^-?\d{1,10}$/.test(key)) throw new ValueError("FIELD_INVALID", "has a key that is no whole number");
      return Number(key);
  }
}
