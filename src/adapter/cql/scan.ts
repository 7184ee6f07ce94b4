/** Windows of a plan: SELECTs that go on behind a row by its key, page by page of the driver within one window alone. */

import { comparatorOf, orderComparator } from "../../model/compare.ts";
import type { OrderTerm } from "../../model/entity.ts";
import type { Call } from "../../model/call.ts";
import { Fault } from "../../model/fault.ts";
import { recordBytes } from "../../model/size.ts";
import type { EntityRecord } from "../../model/value.ts";
import { indexPath, keyPath } from "../access-path.ts";
import type { ScanWindow, Window } from "../adapter.ts";
import { decodeCursor } from "../keyset.ts";
import { WindowBuilder } from "../ordered/window-builder.ts";
import type { Plan } from "../plan.ts";
import { sideBySide } from "../side-by-side.ts";
import { readLevel, type Levels } from "./consistency.ts";
import type { CqlValue } from "./driver.ts";
import type { CqlDialect } from "./dialect.ts";
import { projectionOf, type Projection } from "./row.ts";
import type { Session } from "./session.ts";
import { holds, restBehind, stretchesOf, whereText, type Stretch } from "./stretch.ts";
import { columnAt, type CqlTable } from "./table.ts";

/** Rows looked at for one window at the most. */
const MOST_EXAMINED = 2_000;

/** Rows of the first page of a table whose rows nobody has seen yet. */
const FIRST_PAGE = 32;

/** Rows of a page at the most: the coordinator holds one in memory. */
const LARGEST_PAGE = 1_000;

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
  const ranges = stretchesOf(plan);
  const merges = plan.order.length > 0 && ranges.length > 1;
  const rows = merges
    ? mergedRows(reading, ranges, after, window, call)
    : rowsInTurn(reading, ranges, after, window, call);
  let isEnd = true;
  for await (const record of rows) {
    if (builder.isFull) {
      isEnd = false;
      break;
    }
    builder.look(record, bytes);
  }
  return builder.result(isEnd);
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

/** Range after range, each in the order of the table. */
async function* rowsInTurn(
  reading: Reading,
  ranges: readonly Stretch[],
  after: EntityRecord | undefined,
  window: Window,
  call: Call,
): AsyncGenerator<EntityRecord, void, undefined> {
  const { table, plan, reverse } = reading;
  const at = after && plan.order.length === 0 ? ranges.findIndex((range) => holds(table.entity, range, after)) : 0;
  if (at < 0)
    throw new Fault("PAGE_TOKEN_INVALID", "the page token was made for another query; start again without it");
  for (const [i, range] of ranges.entries()) {
    if (i < at) continue;
    let pieces: readonly Stretch[] = [range];
    if (after && i === at)
      pieces = plan.order.length > 0 ? behindPosition(reading, range, after) : restBehind(table, range, after, reverse);
    for (const piece of pieces)
      for await (const page of pagesOf(reading, piece, pageRows(table, window), call)) yield* page;
  }
}

/**
 * Ranges of one partition as one sequence. Each is read a page far; what comes behind the end of a page that has a next one is not
 * known yet, so the window ends there at the latest.
 */
async function* mergedRows(
  reading: Reading,
  ranges: readonly Stretch[],
  after: EntityRecord | undefined,
  window: Window,
  call: Call,
): AsyncGenerator<EntityRecord, void, undefined> {
  const { table, plan } = reading;
  const compare = orderComparator(table.entity.fields, plan.order);
  let position = after;
  for (;;) {
    const wanted = Math.max(2, Math.ceil(pageRows(table, window) / ranges.length));
    const from = position;
    const firsts = await sideBySide(ranges, WIDTH, (range) => firstRows(reading, range, from, wanted, call));
    const frontier = firsts.flatMap(({ rows, isWhole }) => (isWhole ? [] : rows.slice(-1))).toSorted(compare)[0];
    const known = firsts.flatMap(({ rows }) => rows).toSorted(compare);
    const sure = frontier ? known.filter((row) => compare(row, frontier) <= 0) : known;
    yield* sure;
    if (!frontier) return;
    position = frontier;
  }
}

interface FirstRows {
  readonly rows: readonly EntityRecord[];
  readonly isWhole: boolean;
}

/** The first rows of a range behind a position, which need not lie in it. */
async function firstRows(
  reading: Reading,
  range: Stretch,
  after: EntityRecord | undefined,
  wanted: number,
  call: Call,
): Promise<FirstRows> {
  const rows: EntityRecord[] = [];
  for (const piece of after ? behindPosition(reading, range, after) : [range])
    for await (const page of pagesOf(reading, piece, wanted - rows.length + 1, call)) {
      rows.push(...page);
      if (rows.length >= wanted) return { rows: rows.slice(0, wanted), isWhole: false };
    }
  return { rows, isWhole: true };
}

/**
 * What of a range lies behind a position of the plan's order. The fields that the range fixes may be anywhere in that order; the
 * others follow each other as in the table. The position is a row of the plan, so it lies within the bounds, which all ranges share.
 */
function behindPosition({ plan, table }: Reading, range: Stretch, after: EntityRecord): readonly Stretch[] {
  const pieces: Stretch[] = [];
  let { equal, bounds } = range;
  for (const { ordinal, desc } of plan.order) {
    const field = table.entity.fields[ordinal];
    const at = after[ordinal];
    if (!field || at === undefined) throw new TypeError("a cursor lacks a field of its order");
    const fixed = range.equal.find((each) => each.ordinal === ordinal);
    if (fixed) {
      const compared = comparatorOf(field.type)(fixed.value, at) * (desc ? -1 : 1);
      if (compared === 0) continue;
      // All rows that are equal so far lie behind the position, or none does.
      return compared > 0 ? [{ equal, bounds }, ...pieces] : pieces;
    }
    const own = bounds.find((each) => each.ordinal === ordinal);
    const bound = { value: at, inclusive: false };
    const others = bounds.filter((each) => each !== own);
    pieces.unshift({
      equal,
      bounds: [...others, { ordinal, ...own, ...(desc ? { upper: bound } : { lower: bound }) }],
    });
    equal = [...equal, { ordinal, value: at }];
    bounds = others;
  }
  return pieces;
}

async function* pagesOf(
  reading: Reading,
  piece: Stretch,
  rows: number,
  call: Call,
): AsyncGenerator<readonly EntityRecord[], void, undefined> {
  const { session, table, projection, consistency } = reading;
  const parameters: CqlValue[] = [];
  const where = whereText(table, piece, parameters);
  const text = `SELECT ${projection.columns} FROM ${table.sql}${where === "" ? "" : ` WHERE ${where}`}${orderText(reading)}${allowText(reading, piece)}`;
  let state: string | undefined;
  do {
    const page = { rows: Math.min(rows, LARGEST_PAGE), state };
    const answer = await session.run({ text, parameters, consistency, isRead: true, page }, call);
    yield answer.rows.map((row) => projection.decode(row));
    state = answer.next;
  } while (state !== undefined);
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
