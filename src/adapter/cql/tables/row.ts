/** Rows as the driver has them, as records and back. */

import type { Key } from "../../../model/key.ts";
import type { EntityRecord, MutableRecord, Value } from "../../../model/value.ts";
import type { FieldSet } from "../../adapter.ts";
import { projectedOrdinals } from "../../reading/projection.ts";
import { quote } from "../../sql/quote.ts";
import type { CqlRow, CqlValue } from "../cluster/driver.ts";
import { FENCE, MARKER, type CqlColumn, type CqlTable } from "./table.ts";

/** What one SELECT delivers of a row. */
export interface Projection {
  /** Quoted columns. */
  readonly columns: string;
  /** Reads one row by its key. */
  readonly selectOne: string;
  decode(row: CqlRow): EntityRecord;
  /** Whether the database's row is one of ours, and not what a fence left of it. */
  isThere(row: CqlRow): boolean;
}

const projections = new WeakMap<CqlTable, Map<string, Projection>>();

/** Kept for each set of fields that is asked for. */
export function projectionOf(table: CqlTable, fields: FieldSet): Projection {
  let kept = projections.get(table);
  if (!kept) projections.set(table, (kept = new Map()));
  const name = fields ? fields.join() : "*";
  let projection = kept.get(name);
  if (!projection) {
    if (kept.size > MOST_PROJECTIONS) kept.clear();
    kept.set(name, (projection = compile(table, fields)));
  }
  return projection;
}

const MOST_PROJECTIONS = 64;

function compile(table: CqlTable, fields: FieldSet): Projection {
  const isFenced = table.uniques.length > 0;
  const isWhole = !fields || isFenced; // what a fence left has no value in any column
  const ordinals = isWhole ? table.columns.map((_, ordinal) => ordinal) : projectedOrdinals(table.entity, fields);
  const columns = ordinals.flatMap((ordinal) => table.columns[ordinal] ?? []);
  const names = [...columns.map(({ sql }) => sql), ...(isFenced ? [quote(MARKER)] : [])].join(", ");
  const blank: EntityRecord = table.columns.map(() => undefined);
  return {
    columns: names,
    isThere: isFenced ? (row) => !isShell(table, row) : () => true,
    selectOne: `SELECT ${names} FROM ${table.sql} WHERE ${table.whereKey}`,
    decode: (row) => {
      const record: MutableRecord = [...blank];
      for (const column of columns) record[column.field.ordinal] = valueIn(column, row);
      return record;
    },
  };
}

function valueIn(column: CqlColumn, row: CqlRow): Value | undefined {
  const stored = row[column.name];
  return stored === null || stored === undefined ? column.absent : column.read(stored);
}

/** A row that is there, with everything it was when it was read: the record, and what the driver gave. */
export interface MetRow {
  readonly record: EntityRecord;
  readonly stored: CqlRow;
}

/** Every column that a compare-and-set compares. */
export function allColumns(table: CqlTable): string {
  const own = table.uniques.length > 0 ? [quote(MARKER), quote(FENCE)] : [quote(MARKER)];
  return [...table.columns.map(({ sql }) => sql), ...own].join(", ");
}

/** A row of a key alone, which was not written as one. */
function isShell(table: CqlTable, row: CqlRow): boolean {
  return (row[MARKER] ?? null) === null && table.regular.every(({ name }) => (row[name] ?? null) === null);
}

/**
 * Undefined where no row is there. Of an entity whose rows expire, what the database's own expiry left of a row (its key alone) is none.
 *
 * @param key its key, where the driver's row may not hold it
 */
export function metRow(table: CqlTable, row: CqlRow | undefined, key?: Key): MetRow | undefined {
  if (!row || !(MARKER in row)) return undefined;
  const leavesShells = table.entity.managed.expiresAt !== undefined || table.uniques.length > 0;
  if (leavesShells && isShell(table, row)) return undefined;
  const record: MutableRecord = table.columns.map((column) => valueIn(column, row));
  if (key) for (const [i, column] of table.key.entries()) record[column.field.ordinal] = key[i];
  return { record, stored: row };
}

export function encodeKey(table: CqlTable, key: Key): CqlValue[] {
  return table.key.map((column, i) => bound(column, key[i]));
}

export function bound(column: CqlColumn, value: Value | undefined): CqlValue {
  if (value !== undefined) return column.bind(value);
  return column.absent === undefined ? null : column.bind(column.absent);
}

/** The record as it will be read again. */
export function asStored(table: CqlTable, record: EntityRecord): EntityRecord {
  let settled: MutableRecord | undefined;
  for (const { field, settle } of table.columns) {
    const value = record[field.ordinal];
    if (settle && value !== undefined) (settled ??= [...record])[field.ordinal] = settle(value);
  }
  return settled ?? record;
}
