/** How each kind of field is stored in a column: declared type, default, and the value both ways. */

import { decimalFits } from "../../model/decimal.ts";
import { Fault } from "../../model/fault.ts";
import type { Field, FieldType } from "../../model/field.ts";
import type { Value } from "../../model/value.ts";
import { absentValue } from "../../model/zero.ts";
import type { SqlValue } from "../sql/dialect.ts";
import { documentCodec } from "../sql/document.ts";
import { DocumentError, parseJson } from "../sql/json.ts";
import { fromOrderedText, orderedText, signedOf, unsignedOf } from "../sql/ordered.ts";
import { quote } from "../sql/quote.ts";

/** Timestamps are whole microseconds: all of protobuf's years fit 64 bits, which nanoseconds would not. */
export const TIMESTAMP_PRECISION = 1_000n;

/** Digits of protobuf's longest duration, 315,576,000,000 seconds, in nanoseconds. */
const DURATION_DIGITS = 21;

/** Digits that always fit an int64. */
const INTEGER_DIGITS = 18;

export type DeclaredType = "INTEGER" | "REAL" | "TEXT" | "BLOB";

export interface Storage {
  readonly declared: DeclaredType;
  /** Whether stored integers can exceed what a number holds exactly. */
  readonly wide: boolean;
  /** Whether the column holds a JSON document. */
  readonly document: boolean;
  readonly bind: (value: Value) => SqlValue;
  /** Of a value that is not NULL; integers come as number or bigint. */
  readonly read: (stored: SqlValue) => Value;
}

export interface Column extends Storage {
  readonly field: Field;
  /** As in the store, unquoted. */
  readonly name: string;
  /** Quoted. */
  readonly sql: string;
  readonly notNull: boolean;
  /** SQL literal; undefined where the column has no default. */
  readonly defaultSql: string | undefined;
  /** What NULL reads as. */
  readonly absent: Value | undefined;
}

/** @param earlier see `documentCodec` */
export function columnOf(field: Field, isKey: boolean, earlier?: FieldType): Column {
  const storage = storageOf(field.type, earlier);
  const absent = absentValue(field);
  return {
    ...storage,
    field,
    name: field.column,
    sql: quote(field.column),
    notNull: isKey || absent !== undefined,
    defaultSql: absent === undefined || isKey ? undefined : literal(storage.bind(absent), storage.declared),
    absent,
  };
}

function literal(value: SqlValue, declared: DeclaredType): string {
  if (typeof value === "string") return `'${value.replaceAll("'", "''")}'`;
  if (value instanceof Uint8Array) return `x'${Buffer.from(value).toString("hex")}'`;
  return declared === "REAL" ? `${Number(value).toFixed(1)}` : String(value);
}

function storageOf(type: FieldType, earlier: FieldType | undefined): Storage {
  switch (type.kind) {
    case "bool":
      return plain("INTEGER", Number, (stored) => within(Number(stored), 0, 1) === 1);
    case "int32":
    case "enum":
      return plain("INTEGER", Number, (stored) => within(Number(stored), -2_147_483_648, 2_147_483_647));
    case "uint32":
      return plain("INTEGER", Number, (stored) => within(Number(stored), 0, 4_294_967_295));
    case "float":
      return plain("REAL", Number, floatOf);
    case "double":
      return plain("REAL", Number, Number);
    case "int64":
      return wide(bigintOf, bigintOf);
    case "uint64":
      return wide(
        (value) => signedOf(bigintOf(value)),
        (stored) => unsignedOf(bigintOf(stored)),
      );
    case "timestamp":
      return wide(
        (value) => microseconds(bigintOf(value)),
        (stored) => bigintOf(stored) * TIMESTAMP_PRECISION,
      );
    case "decimal":
      return type.precision <= INTEGER_DIGITS ? wide(bigintOf, decimalReader(type.precision)) : ordered(type.precision);
    case "duration":
      return ordered(DURATION_DIGITS);
    case "string":
      return plain("TEXT", String, String);
    case "bytes":
      return plain("BLOB", bytesOf, bytesOf);
    case "list":
    case "map":
    case "message":
      return document(type, earlier);
  }
}

/** A newer process may have widened the column: what this one cannot hold is refused, never cut. */
function within(stored: number, least: number, most: number): number {
  if (stored >= least && stored <= most) return stored;
  throw wider();
}

function floatOf(stored: NonNullable<SqlValue>): number {
  const number = Number(stored);
  if (Math.fround(number) === number) return number;
  throw wider();
}

function decimalReader(precision: number): (stored: NonNullable<SqlValue>) => bigint {
  return (stored) => {
    const unscaled = bigintOf(stored);
    if (decimalFits(unscaled, precision)) return unscaled;
    throw wider();
  };
}

function wider(): Fault {
  return new Fault("SCHEMA_DRIFT", "the row holds a value that this version of the schema has no room for");
}

function plain(
  declared: DeclaredType,
  bind: (value: Value) => SqlValue,
  read: (stored: NonNullable<SqlValue>) => Value,
): Storage {
  return { declared, wide: false, document: false, bind, read: (stored) => read(present(stored)) };
}

function wide(bind: (value: Value) => bigint, read: (stored: NonNullable<SqlValue>) => bigint): Storage {
  return { declared: "INTEGER", wide: true, document: false, bind, read: (stored) => read(present(stored)) };
}

function ordered(digits: number): Storage {
  return plain(
    "TEXT",
    (value) => orderedText(bigintOf(value), digits),
    (stored) => fromOrderedText(String(stored)),
  );
}

function document(type: FieldType, earlier: FieldType | undefined): Storage {
  const codec = documentCodec(type, earlier);
  return {
    ...plain(
      "TEXT",
      (value) => JSON.stringify(codec.encode(value)),
      (stored) => codec.decode(parseJson(String(stored))),
    ),
    document: true,
  };
}

/** Towards the past, so that what is stored is never later than what was given. */
export function microseconds(nanos: bigint): bigint {
  const rest = nanos % TIMESTAMP_PRECISION;
  return nanos / TIMESTAMP_PRECISION - (rest < 0n ? 1n : 0n);
}

function bigintOf(value: Value | NonNullable<SqlValue>): bigint {
  if (typeof value === "bigint") return value;
  if (typeof value === "number") return BigInt(value);
  throw new DocumentError("an integer expected");
}

function bytesOf(value: Value | NonNullable<SqlValue>): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new DocumentError("bytes expected");
}

function present(stored: SqlValue): NonNullable<SqlValue> {
  if (stored === null) throw new DocumentError("a value expected");
  return stored;
}
