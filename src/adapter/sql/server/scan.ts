/**
 * Windows over a plan: one statement each, so one state each, and nothing is held open while a client reads. How many rows the
 * server looks at is bounded, whatever the filter drops: each piece of a range takes so many along its path, numbers them, and
 * delivers those that the filter passes and the last, behind which the next window goes on.
 */

import type { OrderTerm } from "../../../model/entity.ts";
import type { EntityRecord } from "../../../model/value.ts";
import type { CountOptions, Cursor, ScanWindow, Window } from "../../adapter.ts";
import { decodeCursor, encodeCursor } from "../../keyset.ts";
import type { Plan } from "../../plan.ts";
import { isTrue, type SqlValue } from "../sql-value.ts";
import { rangesAfter, rangeSql, type KeyRange } from "../key-range.ts";
import { orderValuesOf, preparePlan, type PreparedPlan } from "../prepared-plan.ts";
import { rowBytes, type Projection } from "../row.ts";
import type { Statement } from "./link.ts";
import type { ServerTable } from "./server-table.ts";
import type { Run } from "./transaction.ts";

/** Most rows that one piece of a range looks at for one window: some tens of milliseconds. */
const EXAMINED = 20_000;

/** Most rows of a window before it is known how large the rows of a table are. */
const FIRST = 128;

export async function scanRows(run: Run, table: ServerTable, plan: Plan, window: Window): Promise<ScanWindow> {
  const path = preparePlan(table, plan, window.fields, window.visible);
  const order = path.order.map(({ column, desc }) => ({ ordinal: column.field.ordinal, desc }));
  const after = window.after && orderValuesOf(path, decodeCursor(order, table.entity, window.after));
  const pieces = path.ranges.flatMap((range) => (after ? rangesAfter(range, path.order, after) : [range]));
  // Without a filter every row looked at is delivered.
  const wanted = Math.min(window.limit, path.filter ? Infinity : (window.maxExamined ?? Infinity));
  const limit = Math.min(wanted, rowsIn(window.maxBytes, table.sizes.of(path.projection)));
  if (pieces.length === 0) return windowOf(table, order, { rows: [], next: undefined });
  const examined = Math.min(Math.max(EXAMINED, limit + 1), window.maxExamined ?? Infinity);
  const { rows } = await run(windowStatement(path, pieces, { limit, examined }));
  return windowOf(table, order, gather(table, path, rows, { limit, bytes: window.maxBytes }));
}

function rowsIn(bytes: number, each: number | undefined): number {
  return each === undefined ? FIRST : Math.max(Math.ceil((bytes / each) * 1.25), 1);
}

/** One row more than wanted, so that it is known whether there are more. */
function windowStatement(
  path: PreparedPlan,
  pieces: readonly KeyRange[],
  { limit, examined }: { readonly limit: number; readonly examined: number },
): Statement {
  const { table, filter, projection, orderBy } = path;
  const parameters: SqlValue[] = [];
  if (!filter) {
    const along = pieces.map((piece) => {
      const where = rangeSql(table.dialect, piece, parameters);
      return `SELECT ${projection.columns} FROM ${table.sql} WHERE ${where} ORDER BY ${orderBy} LIMIT ${limit + 1}`;
    });
    return { text: united(along, orderBy, limit), parameters, repeated: pieces.length <= 4 };
  }
  const named = new Set(projection.ordinals.map((ordinal) => table.columns[ordinal]?.sql));
  const inner = [projection.columns, ...filter.columns.filter((column) => !named.has(column))].join(", ");
  const along = pieces.map((piece) => {
    parameters.push(...filter.parameters);
    const where = rangeSql(table.dialect, piece, parameters);
    const looked = `SELECT ${inner} FROM ${table.sql} WHERE ${where} ORDER BY ${orderBy} LIMIT ${examined}`;
    const judged = `SELECT ${projection.columns}, (${filter.sql}) AS pannier_hit, row_number() OVER (ORDER BY ${orderBy}) AS pannier_row FROM (${looked}) AS looked`;
    return `SELECT ${projection.columns}, pannier_hit IS TRUE AS pannier_hit, pannier_row = ${examined} AS pannier_last FROM (${judged}) AS judged WHERE pannier_hit IS TRUE OR pannier_row = ${examined} ORDER BY ${orderBy} LIMIT ${limit + 1}`;
  });
  return { text: united(along, orderBy, limit), parameters };
}

function united(parts: readonly string[], orderBy: string, limit: number): string {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  return `SELECT * FROM (${parts.map((part) => `(${part})`).join(" UNION ALL ")}) AS pieces ORDER BY ${orderBy} LIMIT ${limit + 1}`;
}

interface Gathered {
  readonly rows: readonly EntityRecord[];
  /** The row to go on behind; undefined at the end of the plan. */
  readonly next: EntityRecord | undefined;
}

function gather(
  table: ServerTable,
  { filter, projection }: PreparedPlan,
  rows: readonly (readonly SqlValue[])[],
  most: { readonly limit: number; readonly bytes: number },
): Gathered {
  const records: EntityRecord[] = [];
  const width = projection.ordinals.length;
  let bytes = 0;
  for (const row of rows) {
    if (records.length >= most.limit || bytes >= most.bytes)
      return settled(table, projection, { rows: records, next: records.at(-1) }, bytes);
    const record = projection.decode(row);
    if (!filter || isTrue(row[width])) {
      records.push(record);
      bytes += rowBytes(row);
    }
    if (filter && isTrue(row[width + 1])) return settled(table, projection, { rows: records, next: record }, bytes);
  }
  return settled(table, projection, { rows: records, next: undefined }, bytes);
}

function settled(table: ServerTable, projection: Projection, gathered: Gathered, bytes: number): Gathered {
  const count = gathered.rows.length;
  if (count > 0) table.sizes.saw(projection, bytes / count);
  return gathered;
}

function windowOf(table: ServerTable, order: readonly OrderTerm[], { rows, next }: Gathered): ScanWindow {
  const cursor = (record: EntityRecord | undefined): Cursor => {
    if (!record) throw new RangeError("a window has no such row");
    return encodeCursor(order, table.entity, record);
  };
  return { rows, cursor: (index) => cursor(rows[index]), ...(next && { next: cursor(next) }) };
}

export async function countRows(run: Run, table: ServerTable, plan: Plan, options: CountOptions): Promise<number> {
  const { filter, ranges } = preparePlan(table, plan, [], options.visible);
  const parameters: SqlValue[] = [...(filter?.parameters ?? [])];
  const within = ranges.map((range) => `(${rangeSql(table.dialect, range, parameters)})`).join(" OR ");
  const where = filter ? `(${filter.sql}) AND (${within})` : within;
  const text =
    options.limit === undefined
      ? `SELECT count(*) FROM ${table.sql} WHERE ${where}`
      : `SELECT count(*) FROM (SELECT 1 FROM ${table.sql} WHERE ${where} LIMIT ${options.limit}) AS found`;
  const { rows } = await run({ text, parameters });
  return Number(rows[0]?.[0] ?? 0);
}
