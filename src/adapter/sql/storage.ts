/** How a kind of field lies in a column, and what databases do alike about it. */

import { decimalFits } from "../../model/decimal.ts";
import { Fault } from "../../model/fault.ts";
import type { Field, FieldType } from "../../model/field.ts";
import type { Value } from "../../model/value.ts";
import type { SqlValue } from "./sql-value.ts";
import { documentCodec, readDocument } from "../document/document.ts";
import { DocumentError } from "../document/json.ts";

/** Timestamps are whole microseconds: what the servers keep, and what 64 bits hold of all protobuf's years. */
export const TIMESTAMP_PRECISION = 1_000n;

/** Digits of protobuf's longest duration, 315,576,000,000 seconds, in nanoseconds. */
export const DURATION_DIGITS = 21;

export interface Storage {
  /** As in CREATE TABLE, without NOT NULL and default. */
  readonly declared: string;
  /** Whether stored integers can exceed what a number holds exactly, where the driver reads integers. */
  readonly wide: boolean;
  /** The place of a parameter that is compared with it or added to it, where a bare one would be taken for another type. */
  readonly parameter?: string;
  /** Whether the database adds to it exactly, as far as the column's type goes; absent is so. */
  readonly sums?: boolean;
  /** Whether the column holds a JSON document. */
  readonly document: boolean;
  /** Where the column by itself compares otherwise than its values do. */
  readonly comparing?: Comparing;
  /** Whether the database knows nothing of the values in it, so that conditions on them are left to the residual; absent is no. */
  readonly isOpaque?: boolean;
  readonly bind: (value: Value) => SqlValue;
  /** Of a value as the driver gives it. */
  readonly read: (stored: NonNullable<SqlValue>) => Value;
  /** Of bound values, as the database orders them; NULL first. -1, 0 or 1. */
  readonly compare: (a: SqlValue, b: SqlValue) => number;
}

/** How a column is compared that does not do it by itself as its values do: one that others made. */
export interface Comparing {
  /** An expression that equals and sorts as the values do; no index serves it. */
  readonly sql: string;
  /** The place of a parameter that is compared with it. */
  readonly parameter: string;
  /** Whether the column by itself, which an index serves, equals what the value does: that alone, more than that, or something else. */
  equality(value: SqlValue): "exact" | "wider" | "other";
}

/** One field's column: its name, its storage, and what is read for absent. */
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

export function plain(
  declared: string,
  bind: (value: Value) => SqlValue,
  read: (stored: NonNullable<SqlValue>) => Value,
): Storage {
  return { declared, wide: false, document: false, bind, read, compare: compareSql };
}

/** Lists, maps and messages as JSON text. @param earlier see `documentCodec` */
export function documentStorage(declared: string, type: FieldType, earlier: FieldType | undefined): Storage {
  const codec = documentCodec(type, earlier);
  return {
    ...plain(
      declared,
      (value) => codec.write(value),
      (stored) => readDocument(codec, String(stored)),
    ),
    document: true,
  };
}

/** As databases compare values of one column: NULL first, numbers, text by UTF-8, bytes. -1, 0 or 1. */
export function compareSql(a: SqlValue, b: SqlValue): number {
  if (a === null || b === null) return Number(b === null) - Number(a === null);
  if (typeof a === "string" && typeof b === "string")
    return a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b));
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b);
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Towards the past, so that what is stored is never later than what was given. */
export function microseconds(nanos: bigint): bigint {
  const rest = nanos % TIMESTAMP_PRECISION;
  return nanos / TIMESTAMP_PRECISION - (rest < 0n ? 1n : 0n);
}

/** A newer process may have widened the column: what this one cannot hold is refused, never cut. */
export function within(stored: number, least: number, most: number): number {
  if (stored >= least && stored <= most) return stored;
  throw wider();
}

/** As `within`, of an unscaled decimal. */
export function fitting(unscaled: bigint, precision: number): bigint {
  if (decimalFits(unscaled, precision)) return unscaled;
  throw wider();
}

export function wider(): Fault {
  return new Fault("SCHEMA_DRIFT", "the row holds a value that this version of the schema has no room for");
}

export function present(stored: SqlValue): NonNullable<SqlValue> {
  if (stored === null) throw new DocumentError("a value expected");
  return stored;
}
