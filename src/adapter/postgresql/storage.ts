/**
 * How each kind of field is stored in a column. Values travel as text both ways, written and read here: a driver would
 * round numbers and times.
 */

import { decimalText, parseDecimal, rescale } from "../../model/decimal.ts";
import type { FieldType } from "../../model/field.ts";
import type { Value } from "../../model/value.ts";
import type { SqlValue } from "../sql/sql-value.ts";
import { DocumentError } from "../document/json.ts";
import {
  documentStorage,
  DURATION_DIGITS,
  fitting,
  microseconds,
  plain,
  wider,
  within,
  type Storage,
} from "../sql/storage.ts";

export function storageOf(type: FieldType, earlier: FieldType | undefined): Storage {
  switch (type.kind) {
    case "bool":
      return plain("boolean", Number, (stored) => stored === "t");
    case "int32":
    case "enum":
      return plain("integer", Number, Number);
    case "uint32":
      return plain("bigint", Number, (stored) => within(Number(stored), 0, 4_294_967_295));
    case "int64":
      return plain("bigint", bigintOf, integerOf);
    case "uint64":
      return plain("numeric(20,0)", bigintOf, integerOf);
    case "float":
      return plain("real", Number, (stored) => Math.fround(Number(stored)));
    case "double":
      return plain("double precision", Number, Number);
    case "timestamp":
      return plain("timestamp(6) with time zone", (value) => timestampText(bigintOf(value)), timestampOf);
    case "duration":
      return plain(`numeric(${DURATION_DIGITS},0)`, bigintOf, integerOf);
    case "decimal":
      return decimalStorage(type.precision, type.scale);
    case "string":
      return plain('text COLLATE "C"', String, String);
    case "bytes":
      return plain("bytea", bytesOf, bytesIn);
    case "list":
    case "map":
    case "message":
      return documentStorage("jsonb", type, earlier);
  }
}

function decimalStorage(precision: number, scale: number): Storage {
  const read = (stored: NonNullable<SqlValue>): bigint => {
    const parsed = parseDecimal(String(stored));
    if (!parsed) throw new DocumentError("a stored decimal is malformed");
    const { value, exact } = rescale(parsed.unscaled, parsed.scale, scale);
    if (!exact) throw wider();
    return fitting(value, precision);
  };
  const compare = (a: SqlValue, b: SqlValue): number => {
    if (a === null || b === null) return Number(b === null) - Number(a === null);
    const left = read(a);
    const right = read(b);
    return left < right ? -1 : left > right ? 1 : 0;
  };
  return {
    ...plain(`numeric(${precision},${scale})`, (value) => decimalText(bigintOf(value), scale), read),
    compare,
  };
}

const SECOND = 1_000_000n;

/** Of nanoseconds; always with six digits, so that texts sort as times do. */
export function timestampText(nanos: bigint): string {
  const micros = microseconds(nanos);
  const rest = ((micros % SECOND) + SECOND) % SECOND;
  const text = new Date(Number((micros - rest) / 1_000n)).toISOString();
  return `${text.slice(0, 10)} ${text.slice(11, 19)}.${String(rest).padStart(6, "0")}+00`;
}

const TIMESTAMP = /^(\d{4,5})-(\d\d)-(\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?\+00$/u;

/** As the server writes it under `DateStyle ISO` and `TimeZone UTC`. */
function timestampOf(stored: NonNullable<SqlValue>): bigint {
  const match = TIMESTAMP.exec(String(stored));
  const milliseconds = match ? Date.parse(`${match[1]}-${match[2]}-${match[3]}T${match[4]}Z`) : NaN;
  if (Number.isNaN(milliseconds)) throw wider(); // infinity, or before the year 1
  return (BigInt(milliseconds) * 1_000n + BigInt((match?.[5] ?? "").padEnd(6, "0"))) * 1_000n;
}

function integerOf(stored: NonNullable<SqlValue>): bigint {
  if (typeof stored !== "string") throw new DocumentError("an integer expected");
  return BigInt(stored);
}

function bigintOf(value: Value): bigint {
  if (typeof value === "bigint") return value;
  throw new TypeError("a bigint expected");
}

function bytesOf(value: Value): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new TypeError("bytes expected");
}

/** As the server writes it under `bytea_output hex`. */
function bytesIn(stored: NonNullable<SqlValue>): Uint8Array {
  if (typeof stored !== "string" || !stored.startsWith("\\x")) throw new DocumentError("bytes expected");
  return new Uint8Array(Buffer.from(stored.slice(2), "hex"));
}

export function literal(value: SqlValue): string {
  if (value === null) return "NULL";
  if (value instanceof Uint8Array) return `'\\x${Buffer.from(value).toString("hex")}'`;
  return `'${String(value).replaceAll("'", "''")}'`;
}
