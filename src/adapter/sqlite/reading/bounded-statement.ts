/**
 * The next rows of one range, in one short statement. How many rows SQLite looks at is bounded, whatever the filter
 * drops: the inner SELECT takes that many along the path, the outer one filters; where too few are left, the row at
 * that distance says where to go on.
 */

import type { EntityRecord } from "../../../model/value.ts";
import type { SqlValue } from "../../sql/sql-value.ts";
import type { Connection } from "../connection.ts";
import { orderValuesOf, type PreparedPlan } from "../../sql/prepared-plan.ts";
import { rowBytes } from "../../sql/row.ts";
import { rangesAfter, rangeSql, type OrderValues, type KeyRange } from "../../sql/key-range.ts";

/** How far one range was read. Changed by each statement. */
export interface RangeReader {
  readonly range: KeyRange;
  /** What is left, in order; empty at the end. */
  pending: readonly KeyRange[];
  /** A record with the order's fields, of the last row looked at. */
  reached: EntityRecord | undefined;
}

export interface StatementLimits {
  /** Most rows looked at. */
  readonly examine: number;
  /** Most rows delivered; at least 1. */
  readonly rows: number;
  readonly bytes: number;
  /** Milliseconds after which a statement that has delivered a row ends. */
  readonly time: number;
}

/** Rows that were quick to look at may be followed by as many that must come from the disk first. */
export const MOST_EXAMINED = 2_048;

/** The statement names the index of the plan, so that SQLite takes no other. */
function from({ table, index }: PreparedPlan): string {
  return index ? `${table.sql} INDEXED BY ${index.sql}` : table.sql;
}

export interface BoundedRows {
  readonly records: readonly EntityRecord[];
  /** About how many bytes each takes. */
  readonly sizes: readonly number[];
}

export function readerOf(path: PreparedPlan, range: KeyRange, after: OrderValues | undefined): RangeReader {
  return { range, pending: after ? rangesAfter(range, path.order, after) : [range], reached: undefined };
}

/** @param shared whether a transaction is open already, or the handle is not shared with writers */
export function readBounded(
  connection: Connection,
  path: PreparedPlan,
  reader: RangeReader,
  limits: StatementLimits,
  shared: boolean,
): BoundedRows {
  const [range] = reader.pending;
  if (!range) return { records: [], sizes: [] };
  if (!path.filter || shared) return rowsOf(connection, path, reader, range, limits);
  return inSnapshot(connection, () => rowsOf(connection, path, reader, range, limits));
}

/** Both statements of one read must see the same rows. */
export function inSnapshot<T>(connection: Connection, body: () => T): T {
  connection.statement("BEGIN").run([]);
  try {
    return body();
  } finally {
    if (connection.database.isTransaction) connection.statement("COMMIT").run([]);
  }
}

function rowsOf(
  connection: Connection,
  path: PreparedPlan,
  reader: RangeReader,
  range: KeyRange,
  limits: StatementLimits,
): BoundedRows {
  const most = Math.min(limits.rows, limits.examine);
  const { sql, parameters } = boundedSql(path, range, limits.examine, most);
  const started = performance.now();
  const records: EntityRecord[] = [];
  const sizes: number[] = [];
  let bytes = 0;
  let stopped = false;
  try {
    for (const row of connection.statement(sql, path.projection.wide).iterate(parameters)) {
      records.push(path.projection.decode(row));
      const size = rowBytes(row);
      sizes.push(size);
      bytes += size;
      stopped =
        records.length >= most ||
        bytes >= limits.bytes ||
        ((records.length & 7) === 0 && performance.now() - started > limits.time);
      if (stopped) break;
    }
  } catch (error) {
    connection.noteDamage(error, { sql, parameters });
    throw error;
  }
  reader.reached = records.at(-1) ?? reader.reached;
  if (stopped) goOnBehind(path, reader, records.at(-1));
  else if (!path.filter) reader.pending = reader.pending.slice(1);
  else goOnAt(connection, path, reader, range, limits.examine);
  return { records, sizes };
}

function goOnBehind(path: PreparedPlan, reader: RangeReader, record: EntityRecord | undefined): void {
  if (!record) return;
  reader.reached = record;
  reader.pending = rangesAfter(reader.range, path.order, orderValuesOf(path, record));
}

/** Behind the last row looked at; the range is at its end where there is none at that distance. */
export function goOnAt(
  connection: Connection,
  path: PreparedPlan,
  reader: RangeReader,
  range: KeyRange,
  examined: number,
): void {
  const parameters: SqlValue[] = [];
  const where = rangeSql(path.table.dialect, range, parameters);
  const sql = `SELECT ${path.place.columns} FROM ${from(path)} WHERE ${where} ORDER BY ${path.orderBy} LIMIT 1 OFFSET ?`;
  parameters.push(examined - 1);
  const row = connection.statement(sql).get(parameters);
  if (row) goOnBehind(path, reader, path.place.decode(row));
  else reader.pending = reader.pending.slice(1);
}

function boundedSql(
  path: PreparedPlan,
  range: KeyRange,
  examine: number,
  most: number,
): { readonly sql: string; readonly parameters: readonly SqlValue[] } {
  const parameters: SqlValue[] = [];
  const where = rangeSql(path.table.dialect, range, parameters);
  const along = (columns: string): string =>
    `SELECT ${columns} FROM ${from(path)} WHERE ${where} ORDER BY ${path.orderBy} LIMIT ?`;
  const { filter, projection } = path;
  if (!filter) return { sql: along(projection.columns), parameters: [...parameters, most] };
  // SQLite moves no condition into a subquery with a LIMIT.
  const sql = `SELECT ${projection.columns} FROM (${along(innerColumns(path, projection.columns))}) WHERE ${filter.sql} LIMIT ?`;
  return { sql, parameters: [...parameters, examine, ...filter.parameters, most] };
}

/** Rows that fulfil the filter among the next ones of the range; moves the reader on. */
export function countBounded(connection: Connection, path: PreparedPlan, reader: RangeReader, examine: number): number {
  const [range] = reader.pending;
  if (!range) return 0;
  const parameters: SqlValue[] = [];
  const where = rangeSql(path.table.dialect, range, parameters);
  const { filter } = path;
  const inner = `SELECT ${filter ? filter.columns.join(", ") : "1"} FROM ${from(path)} WHERE ${where} ORDER BY ${path.orderBy} LIMIT ?`;
  const hits = filter ? `count(CASE WHEN ${filter.sql} THEN 1 END)` : "count(*)";
  const row = connection
    .statement(`SELECT count(*), ${hits} FROM (${inner})`)
    .get(filter ? [...filter.parameters, ...parameters, examine] : [...parameters, examine]);
  if (Number(row?.[0] ?? 0) < examine) reader.pending = reader.pending.slice(1);
  else goOnAt(connection, path, reader, range, examine);
  return Number(row?.[1] ?? 0);
}

function innerColumns(path: PreparedPlan, columns: string): string {
  const named = new Set(path.projection.ordinals.map((ordinal) => path.table.columns[ordinal]?.sql));
  const further = path.filter?.columns.filter((column) => !named.has(column)) ?? [];
  return [columns, ...further].join(", ");
}
