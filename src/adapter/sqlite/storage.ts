/** How each kind of field is stored in a column of SQLite. */

import type { FieldType } from "../../model/field.ts";
import type { Value } from "../../model/value.ts";
import type { SqlValue } from "../sql/sql-value.ts";
import { DocumentError } from "../document/json.ts";
import { fromOrderedText, orderedText, signedOf, unsignedOf } from "../sql/ordered.ts";
import {
  compareSql,
  documentStorage,
  DURATION_DIGITS,
  fitting,
  microseconds,
  plain,
  TIMESTAMP_PRECISION,
  wider,
  within,
  type Storage,
} from "../sql/storage.ts";

/** Digits that always fit an int64. */
const INTEGER_DIGITS = 18;

export function storageOf(type: FieldType, earlier: FieldType | undefined): Storage {
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
      return documentStorage("TEXT", type, earlier);
  }
}

function floatOf(stored: NonNullable<SqlValue>): number {
  const number = Number(stored);
  if (Math.fround(number) === number) return number;
  throw wider();
}

function decimalReader(precision: number): (stored: NonNullable<SqlValue>) => bigint {
  return (stored) => fitting(bigintOf(stored), precision);
}

function wide(bind: (value: Value) => bigint, read: (stored: NonNullable<SqlValue>) => bigint): Storage {
  return {
    declared: "INTEGER",
    wide: true,
    document: false,
    bind,
    read,
    compare: compareSql,
  };
}

function ordered(digits: number): Storage {
  return plain(
    "TEXT",
    (value) => orderedText(bigintOf(value), digits),
    (stored) => fromOrderedText(String(stored)),
  );
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

export function literal(value: SqlValue, declared: string): string {
  if (typeof value === "string") return `'${value.replaceAll("'", "''")}'`;
  if (value instanceof Uint8Array) return `x'${Buffer.from(value).toString("hex")}'`;
  return declared === "REAL" ? `${Number(value).toFixed(1)}` : String(value);
}
