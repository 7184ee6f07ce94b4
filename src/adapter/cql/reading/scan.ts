/** Windows of a plan: SELECTs that go on behind a row by its key, page by page of the driver within one window alone. */

import { orderComparator } from "../../../model/compare.ts";
import type { OrderTerm } from "../../../model/entity.ts";
import type { Call } from "../../../model/call.ts";
import { Fault } from "../../../model/fault.ts";
import { recordBytes } from "../../../model/size.ts";
import type { EntityRecord } from "../../../model/value.ts";
import { indexPath, keyPath } from "../../planner/access-path.ts";
import type { ScanWindow, Window } from "../../adapter.ts";
import { mergeChunks, readPages, type ReadChunk } from "../../reading/chunks.ts";
import { decodeCursor } from "../../reading/keyset.ts";
import { fillWindow, WindowBuilder } from "../../ordered/window-builder.ts";
import type { Plan } from "../../plan.ts";
import { readLevel, type Levels } from "../cluster/consistency.ts";
import type { CqlValue } from "../cluster/driver.ts";
import type { CqlDialect } from "../dialect.ts";
import { projectionOf, type Projection } from "../tables/row.ts";
import type { Session } from "../cluster/session.ts";
import { holds, restBehind, stretchesBehind, stretchesOf, whereText, type Stretch } from "./stretch.ts";
import { columnAt, type CqlTable } from "../tables/table.ts";

/** Rows looked at for one window at the most. */
const MOST_EXAMINED = 2_000;

/** Rows of the first page of a table whose rows nobody has seen yet. */
const FIRST_PAGE = 32;

/** Rows of a page at the most: the coordinator holds one in memory. The widest window and the row that says it is not the last are one. */
const LARGEST_PAGE = 1_024;

/** Ranges of one partition that are read side by side. */
const WIDTH = 8;

export interface Scanning {
  readonly session: Session;
  readonly levels: Levels;
  readonly dialect: CqlDialect;
}

interface Reading extends Scanning {
  readonly table: CqlTable;
  readonly plan: Plan;
  readonly projection: Projection;
  readonly consistency: number;
  readonly reverse: boolean;
}

export async function scanRows(
  scanning: Scanning,
  table: CqlTable,
  plan: Plan,
  window: Window,
  call: Call,
): Promise<ScanWindow> {
  const terms = cursorTerms(plan);
  const fields = window.fields && [...window.fields, ...terms.map(({ ordinal }) => ordinal)];
  const reading: Reading = {
    ...scanning,
    table,
    plan,
    projection: projectionOf(table, fields),
    consistency: readLevel(window.consistency, scanning.levels),
    reverse: plan.access.kind !== "full" && plan.access.reverse,
  };
  const after = window.after && decodeCursor(terms, table.entity, window.after);
  const builder = new WindowBuilder(plan, terms, window, MOST_EXAMINED);
  const bytes = (record: EntityRecord): number => {
    const size = recordBytes(table.entity.message, record);
    sizes.set(table, ((sizes.get(table) ?? size) * 7 + size) / 8);
    return size;
  };
  return fillWindow(builder, chunksOf(reading, after, window, call), (record: EntityRecord) =>
    builder.look(record, bytes),
  );
}

/** What a cursor holds: where rows have an order, that; else what finds the row in its range and the range in the plan. */
function cursorTerms(plan: Plan): readonly OrderTerm[] {
  if (plan.order.length > 0) return plan.order;
  const { access, entity } = plan;
  if (access.kind !== "index") return keyPath(entity).terms;
  // Fields of the index that no range fixes may be absent in a row, and say nothing about where it lies.
  const fixed = Math.min(...access.ranges.map(({ eq }) => eq.length));
  const leading = indexPath(entity, access.index).terms.slice(0, fixed);
  const key = keyPath(entity).terms;
  return [...leading.filter((term) => !key.some(({ ordinal }) => ordinal === term.ordinal)), ...key];
}

/** Range after range, each in the order of the table; those of one partition as one sequence, where the plan has an order. */
function chunksOf(
  reading: Reading,
  after: EntityRecord | undefined,
  window: Window,
  call: Call,
): ReadChunk<EntityRecord> {
  const { table, plan } = reading;
  const ranges = stretchesOf(plan);
  const hasOrder = plan.order.length > 0;
  const left = after
    ? hasOrder
      ? ranges.map((range) => behindPosition(reading, range, after))
      : restInTurn(reading, ranges, after)
    : ranges.map((range) => [range]);
  const merges = hasOrder && left.length > 1;
  const rows = merges ? Math.max(2, Math.ceil(pageRows(table, window) / left.length)) : pageRows(table, window);
  const sources = left.map((pieces) =>
    mergeChunks(
      pieces.map((piece) => pagesOf(reading, piece, rows, call)),
      undefined,
    ),
  );
  return mergeChunks(sources, merges ? orderComparator(table.entity.fields, plan.order) : undefined, WIDTH);
}

/** What is left of each range behind a row of one of them. */
function restInTurn(
  { table, reverse }: Reading,
  ranges: readonly Stretch[],
  after: EntityRecord,
): readonly (readonly Stretch[])[] {
  const at = ranges.findIndex((range) => holds(table.entity, range, after));
  if (at < 0)
    throw new Fault("PAGE_TOKEN_INVALID", "the page token was made for another query; start again without it");
  return ranges.slice(at).map((range, i) => (i === 0 ? restBehind(table, range, after, reverse) : [range]));
}

/** What of a range lies behind a position of the plan's order, which may be a row of another range. */
function behindPosition({ plan, table }: Reading, range: Stretch, after: EntityRecord): readonly Stretch[] {
  return stretchesBehind(table.entity, range, plan.order, after);
}

function pagesOf(reading: Reading, piece: Stretch, rows: number, call: Call): ReadChunk<EntityRecord> {
  const { session, table, projection, consistency } = reading;
  const parameters: CqlValue[] = [];
  const where = whereText(table, piece, parameters);
  const text = `SELECT ${projection.columns} FROM ${table.sql}${where === "" ? "" : ` WHERE ${where}`}${orderText(reading)}${allowText(reading, piece)}`;
  return readPages(async (state: string | undefined) => {
    const page = { rows: Math.min(rows, LARGEST_PAGE), state };
    const answer = await session.run({ text, parameters, consistency, isRead: true, page }, call);
    return {
      rows: answer.rows.filter((row) => projection.isThere(row)).map((row) => projection.decode(row)),
      next: answer.next,
    };
  });
}

/** Only where it is backwards: forwards is how rows lie. */
function orderText({ reverse, table, plan }: Reading): string {
  if (!reverse || plan.access.kind !== "key" || table.clustering.length === 0) return "";
  const directions = table.entity.key
    .filter((part) => !part.partition)
    .map(({ ordinal, desc }) => `${columnAt(table.columns, ordinal).sql} ${desc ? "ASC" : "DESC"}`);
  return ` ORDER BY ${directions.join(", ")}`;
}

function allowText({ plan, dialect }: Reading, { equal, bounds }: Stretch): string {
  return plan.access.kind === "index" && equal.length + bounds.length > 1 ? dialect.manyIndexes : "";
}

/** By table, about how many bytes a row has. */
const sizes = new WeakMap<CqlTable, number>();

/** So many rows that a page has about the bytes that are wanted. */
function pageRows(table: CqlTable, { limit, maxBytes, maxExamined = MOST_EXAMINED }: Window): number {
  const size = sizes.get(table);
  const fit = size === undefined ? FIRST_PAGE : Math.ceil((maxBytes / Math.max(size, 1)) * 1.1);
  return Math.max(1, Math.min(limit + 1, maxExamined + 1, fit));
}
