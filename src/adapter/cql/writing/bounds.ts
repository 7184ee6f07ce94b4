/** What the database cannot hold, refused before anything is sent. */

import { Fault } from "../../../model/fault.ts";
import type { Key } from "../../../model/key.ts";
import type { EntityRecord } from "../../../model/value.ts";
import type { CqlDialect } from "../dialect.ts";
import type { CqlColumn, CqlTable } from "../tables/table.ts";

/** Bytes of a partition key, and of all clustering fields. */
const LONGEST_KEY = 65_535;

/** Bytes and a length for each part of several. */
const PART = 3;

/** @throws Fault that names the field */
export function refuseTooLong(table: CqlTable, dialect: CqlDialect, key: Key, record?: EntityRecord): void {
  const valueOf = (column: CqlColumn): Key[number] | undefined => key[table.key.indexOf(column)];
  for (const columns of [table.partition, table.clustering]) {
    const bytes = columns.reduce((sum, column) => sum + bytesOf(valueOf(column)) + PART, 0);
    if (bytes > LONGEST_KEY) throw tooLong(columns[0], `a key in this store has at most ${LONGEST_KEY} bytes`);
  }
  for (const { column } of record ? table.indexes : []) {
    if (bytesOf(record?.[column.field.ordinal]) > dialect.mostIndexedBytes)
      throw tooLong(column, `an indexed value in this store has at most ${dialect.mostIndexedBytes} bytes`);
  }
}

function tooLong(column: CqlColumn | undefined, what: string): Fault {
  return new Fault("VALUE_TOO_LONG", `${what}; shorten it`, column && { field: column.field.name });
}

function bytesOf(value: EntityRecord[number]): number {
  if (typeof value === "string") return Buffer.byteLength(value);
  return value instanceof Uint8Array ? value.length : 16;
}
