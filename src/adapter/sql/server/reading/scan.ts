/**
 * Windows over a plan: one statement each, so one state each, and nothing is held open while a client reads. How many rows the
 * server looks at is bounded, whatever the filter drops: each piece of a range takes so many along its path. Where the filter passes
 * most rows, all that were looked at come back, marked; else the server numbers them, and delivers those that the filter passes and
 * the last, behind which the next window goes on.
 */

import type { OrderTerm } from "../../../../model/entity.ts";
import type { EntityRecord } from "../../../../model/value.ts";
import type { CountOptions, Cursor, ScanWindow, Window } from "../../../adapter.ts";
import { decodeCursor, encodeCursor } from "../../../reading/keyset.ts";
import type { Plan } from "../../../plan.ts";
import { isTrue, type SqlValue } from "../../sql-value.ts";
import { rangesAfter, rangeSql, type KeyRange } from "../../key-range.ts";
import { orderValuesOf, preparePlan, type PreparedFilter, type PreparedPlan } from "../../prepared-plan.ts";
import { ownName } from "../../quote.ts";
import { rowBytes, type Projection } from "../../row.ts";
import { columnAt, type Table } from "../../table.ts";
import type { Statement } from "../connection/link.ts";
import { rowsToLookAt } from "./passing.ts";
import type { ServerTable } from "../tables/server-table.ts";
import type { Run } from "../transaction.ts";

/** Most rows that one piece of a range looks at for one window: some tens of milliseconds. */
const EXAMINED = 20_000;

/** Most rows of a window before it is known how large the rows of a table are. */
const FIRST = 128;

/** Parameters of a statement whose text may come again. */
const FEW = 16;

export async function scanRows(run: Run, table: ServerTable, plan: Plan, window: Window): Promise<ScanWindow> {
  const path = preparePlan(table, plan, window.fields, window.visible);
  const order = path.order.map(({ column, desc }) => ({ ordinal: column.field.ordinal, desc }));
  const after = window.after && orderValuesOf(path, decodeCursor(order, table.entity, window.after));
  const pieces = path.ranges.flatMap((range) => (after ? rangesAfter(range, path.order, after) : [range]));
  // Without a filter every row looked at is delivered.
  const wanted = Math.min(window.limit, path.filter ? Infinity : (window.maxExamined ?? Infinity));
  const limit = Math.min(wanted, rowsIn(window.maxBytes, table.sizes.of(path.projection)));
  if (pieces.length === 0) return windowOf(table, order, { rows: [], next: undefined });
  const look = lookOf(table, path.filter, { limit, maxExamined: window.maxExamined });
  const { rows } = await run(
    windowStatement(path, pieces, { limit, look, isCopied: table.dialect.copiesNumberedRows }),
  );
  const most = { limit, bytes: window.maxBytes, look, pieces: pieces.length };
  return windowOf(table, order, gather(table, path, rows, most));
}

function rowsIn(bytes: number, each: number | undefined): number {
  return each === undefined ? FIRST : Math.max(Math.ceil((bytes / each) * 1.25), 1);
}

/** How a window looks at rows. */
interface Look {
  /** Rows of each piece. */
  readonly examined: number;
  /** Whether all of them come back. */
  readonly all: boolean;
}

/** One row more than wanted, so that it is known whether there are more. */
function lookOf(
  table: ServerTable,
  filter: PreparedFilter | undefined,
  { limit, maxExamined = Infinity }: { readonly limit: number; readonly maxExamined: number | undefined },
): Look {
  if (!filter) return { examined: limit + 1, all: true };
  const { examined, all } = rowsToLookAt(limit + 1, table.passing.of(filter));
  return { examined: Math.min(examined, maxExamined, Math.max(EXAMINED, limit + 1)), all };
}

function windowStatement(
  path: PreparedPlan,
  pieces: readonly KeyRange[],
  { limit, look, isCopied }: { readonly limit: number; readonly look: Look; readonly isCopied: boolean },
): Statement {
  const { table, filter, projection, orderBy } = path;
  const { examined, all } = look;
  const parameters: SqlValue[] = [];
  if (all) {
    const hit = filter ? `, (${filter.sql}) IS TRUE AS ${ownName(table.dialect, HIT)}` : "";
    const along = pieces.map((piece) => {
      parameters.push(...(filter?.parameters ?? []));
      const where = rangeSql(table.dialect, piece, parameters);
      return `SELECT ${projection.columns}${hit} FROM ${table.sql} WHERE ${where}${orderWithin(path, piece)} LIMIT ${examined}`;
    });
    const repeated = pieces.length <= 4 && parameters.length <= FEW;
    return { text: united(along, orderBy, examined), parameters, repeated };
  }
  if (!filter) throw new TypeError("without a filter every row comes back");
  const numbered = isCopied ? numberedByKey : numberedWhole;
  const along = pieces.map((piece) => {
    parameters.push(...filter.parameters);
    const from = `FROM ${table.sql} WHERE ${rangeSql(table.dialect, piece, parameters)}${orderWithin(path, piece)} LIMIT ${examined}`;
    return numbered(path, filter, { from, examined, most: limit + 1 });
  });
  return { text: united(along, orderBy, limit + 1), parameters };
}

interface Piece {
  /** Its first rows in their order, from FROM on. */
  readonly from: string;
  /** How many those are, at most. */
  readonly examined: number;
  /** Rows that come back. */
  readonly most: number;
}

/** Numbers the rows of a piece, and delivers those that the filter passes, and the last. */
function numberedWhole(path: PreparedPlan, filter: PreparedFilter, piece: Piece): string {
  const { table, projection, orderBy } = path;
  return `SELECT ${projection.columns}, ${judgement(table)} ${judged(path, filter, piece, projection.ordinals)} ORDER BY ${orderBy} LIMIT ${piece.most}`;
}

/** The same; the rest of a row is fetched for those that are delivered, and not copied for all that are looked at. */
function numberedByKey(path: PreparedPlan, filter: PreparedFilter, piece: Piece): string {
  const { table, order, projection, orderBy } = path;
  const narrow = [...new Set([...table.key, ...order.map(({ column }) => column)].map(({ field }) => field.ordinal))];
  const own = table.key.map((_, i) => ownName(table.dialect, `key ${i}`));
  const key = table.key.map(({ sql }, i) => `${sql} AS ${own[i]}`).join(", ");
  const few = `SELECT ${key}, ${judgement(table)} ${judged(path, filter, piece, narrow)} ORDER BY ${orderBy} LIMIT ${piece.most}`;
  const same = table.key.map(({ sql }, i) => `${sql} = ${own[i]}`).join(" AND ");
  return `SELECT ${projection.columns}, ${judgement(table)} FROM (${few}) AS ${ownName(table.dialect, "few")} JOIN ${table.sql} ON ${same} ORDER BY ${orderBy}`;
}

/** From FROM on. @param ordinals of the columns that are read behind it */
function judged(
  { table, orderBy }: PreparedPlan,
  filter: PreparedFilter,
  { from, examined }: Piece,
  ordinals: readonly number[],
): string {
  const wanted = ordinals.map((ordinal) => columnAt(table.columns, ordinal).sql);
  const inner = [...new Set([...wanted, ...filter.columns])].join(", ");
  const [hit, row] = [HIT, ROW].map((word) => ownName(table.dialect, word));
  const numbers = `SELECT ${wanted.join(", ")}, (${filter.sql}) IS TRUE AS ${hit}, row_number() OVER (ORDER BY ${orderBy}) AS ${row} FROM (SELECT ${inner} ${from}) AS looked`;
  return `FROM (${numbers}) AS judged WHERE ${hit} OR ${row} = ${examined}`;
}

/** Whether the filter passes a row, and which of those that were looked at it is. */
const [HIT, ROW] = ["hit", "row"];

function judgement({ dialect }: Table): string {
  return `${ownName(dialect, HIT)}, ${ownName(dialect, ROW)}`;
}

/** By what differs within the piece: MariaDB sorts all of it where an order names what is equal to a value. */
function orderWithin({ table: { dialect }, order }: PreparedPlan, { equal }: KeyRange): string {
  const open = order.filter(({ column }) => !equal.some((fixed) => fixed.column === column));
  if (open.length === 0) return "";
  return ` ORDER BY ${open.map(({ column, desc }) => dialect.orderTerm(column, desc)).join(", ")}`;
}

function united(parts: readonly string[], orderBy: string, most: number): string {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  return `SELECT * FROM (${parts.map((part) => `(${part})`).join(" UNION ALL ")}) AS pieces ORDER BY ${orderBy} LIMIT ${most}`;
}

interface Gathered {
  readonly rows: readonly EntityRecord[];
  /** The row to go on behind; undefined at the end of the plan. */
  readonly next: EntityRecord | undefined;
}

interface Most {
  readonly limit: number;
  readonly bytes: number;
  readonly look: Look;
  readonly pieces: number;
}

function gather(
  table: ServerTable,
  { filter, projection }: PreparedPlan,
  rows: readonly (readonly SqlValue[])[],
  { limit, bytes: mostBytes, look, pieces }: Most,
): Gathered {
  const records: EntityRecord[] = [];
  const width = projection.ordinals.length;
  let bytes = 0;
  let next: EntityRecord | undefined;
  let looked = 0;
  for (const [i, row] of rows.entries()) {
    if (records.length >= limit || bytes >= mostBytes) {
      next = records.at(-1);
      break;
    }
    looked = look.all ? i + 1 : Number(row[width + 1]) * pieces;
    const isHit = !filter || isTrue(row[width]);
    const isLast = look.all ? i + 1 === look.examined : Number(row[width + 1]) === look.examined;
    if (!isHit && !isLast) continue;
    const record = projection.decode(row);
    if (isHit) {
      records.push(record);
      bytes += rowBytes(row);
    }
    if (!isLast) continue;
    next = record;
    break;
  }
  if (filter && looked > 0) table.passing.saw(filter, records.length, looked);
  return settled(table, projection, { rows: records, next }, bytes);
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
