/** What this family uses of the driver, which is imported when a store is first opened. */

import type * as Driver from "cassandra-driver";

/** The driver's module. */
export type CqlDriver = typeof Driver;

/** What the driver takes as a parameter and gives as a column; null is absent. */
export type CqlValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Buffer
  | Date
  | readonly CqlValue[]
  | ReadonlyMap<CqlValue, CqlValue>
  /** A decimal as the driver reads it; it prints as its digits. */
  | StoredDecimal;

export interface StoredDecimal {
  toString(this: StoredDecimal): string;
}

/** A row by the names of its columns. */
export type CqlRow = { readonly [column: string]: CqlValue | undefined };

/** Reads what the database says of itself. */
export type Ask = (text: string, parameters: readonly CqlValue[]) => Promise<readonly CqlRow[]>;

export function loadDriver(): Promise<CqlDriver> {
  return import("cassandra-driver");
}
