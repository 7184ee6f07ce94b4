/** Windows of a plan: Query within one partition of the table or of an index, and Scan where a plan is bounded by nothing. */

import { orderComparator } from "../../../model/compare.ts";
import type { Call } from "../../../model/call.ts";
import type { OrderTerm } from "../../../model/entity.ts";
import { Fault } from "../../../model/fault.ts";
import { recordBytes } from "../../../model/size.ts";
import type { EntityRecord } from "../../../model/value.ts";
import type { Cursor, ScanWindow, Window } from "../../adapter.ts";
import { mergeChunks, readPages, type ReadChunk } from "../../reading/chunks.ts";
import { DamagedRow } from "../../reading/damaged-row.ts";
import { decodeCursor } from "../../reading/keyset.ts";
import { behind, keyBytes, rangeInterval, type Interval } from "../../ordered/interval.ts";
import { fillWindow, WindowBuilder } from "../../ordered/window-builder.ts";
import type { Plan, Range } from "../../plan.ts";
import { RowReader, type Rows } from "../items/damage.ts";
import type { AttributeValue, Item } from "../driver.ts";
import { Places } from "../writing/expressions.ts";
import { itemAt, misfit } from "../items/item-cursor.ts";
import { isStrong, type Reader } from "./read.ts";
import { keyAttribute, lowerBound, orderBytes, sortBytes, upperBound, type Path } from "../items/path.ts";
import { hasAll, keysText, LARGEST_PAGE, projectionText, wholeItems, type Reading } from "./reading.ts";
import { scanTable } from "./scan-table.ts";
import { isOwn, keyItemOf, pathFor, type Table } from "../items/table.ts";

/** Rows looked at for one window at the most. */
const MOST_EXAMINED = 2_000;

/** Longest sort key; a bound that is longer is cut, and the rows are compared with all of it. */
const MOST_SORT = 1_024;
/** And longest partition, with what ends it. */
const MOST_PARTITION = 2_049;

export async function scanRows(
  reader: Reader,
  table: Table,
  plan: Plan,
  window: Window,
  call: Call,
): Promise<ScanWindow> {
  const path = pathFor(table, plan.access);
  const isBehind = path.index !== undefined && !path.isLocal;
  if (isBehind && window.consistency === "strong")
    throw new Fault(
      "CAPABILITY_MISSING",
      "an index of this store is behind its table; read by the key, or without STRONG",
      {
        metadata: { capability: "consistency" },
      },
    );
  const terms = plan.order.length > 0 ? plan.order : path.order.terms;
  const reading: Reading = {
    ...reader,
    table,
    path,
    plan,
    fields: window.fields && [...window.fields, ...terms.map(({ ordinal }) => ordinal)],
    strong: !isBehind && isStrong(window.consistency),
    reverse: plan.access.kind !== "full" && plan.access.reverse !== path.isBackwards,
    page: Math.min(window.limit + 1, (window.maxExamined ?? MOST_EXAMINED) + 1, LARGEST_PAGE),
  };
  const builder = new WindowBuilder(plan, terms, window, MOST_EXAMINED);
  const rows = new RowReader(reading, terms, isMerged(plan));
  try {
    if (plan.access.kind === "full") return await scanTable({ ...reading, rows }, builder, window, call);
    return await fillWindow(
      builder,
      chunksOf({ ...reading, rows }, terms, window.after, call),
      (record: EntityRecord) => {
        rows.check(record);
        builder.look(record, (row) => recordBytes(table.entity.message, row));
      },
    );
  } catch (error) {
    if (error instanceof DamagedRow && builder.hasLooked) return builder.result(false);
    throw error;
  }
}

/** Whether rows of several ranges come in one order; those of others follow each other. */
function isMerged({ access, order }: Plan): boolean {
  return access.kind !== "full" && order.length > 0 && access.ranges.length > 1;
}

/** The rows of a plan behind a position, in its order; a plan without one reads its ranges in turn. */
function chunksOf(
  reading: Rows,
  terms: readonly OrderTerm[],
  cursor: Cursor | undefined,
  call: Call,
): ReadChunk<EntityRecord> {
  const { plan, path, table, reverse } = reading;
  if (plan.access.kind === "full") throw new TypeError("a plan without ranges");
  const { ranges } = plan.access;
  const order = path.order;
  const item = cursor && itemAt(reading, cursor);
  const after = cursor && !item ? decodeCursor(terms, table.entity, cursor) : undefined;
  if (isMerged(plan)) {
    if (item) throw misfit();
    const intervals = ranges.map((range) =>
      after ? behind({ order, range, reverse, delivered: terms, after }) : rangeInterval(order, range),
    );
    const readers = intervals.flatMap((interval) => (interval ? [queryChunks(reading, interval, call)] : []));
    return mergeChunks(readers, orderComparator(table.entity.fields, terms));
  }
  const intervals = ranges.map((range) => rangeInterval(order, range));
  const position = after && withFixed(reading, ranges, after);
  const from = item ?? (position && positionOf(reading, position));
  const at = item
    ? placeIn(intervals, orderBytes(path, item))
    : position
      ? placeIn(intervals, keyBytes(order, position))
      : 0;
  return mergeChunks(
    intervals.slice(at).map((interval, i) => queryChunks(reading, interval, call, i === 0 ? from : undefined)),
    undefined,
  );
}

/** A cursor of the only range of a plan leaves out what the range fixes. */
function withFixed({ path }: Reading, ranges: readonly Range[], after: EntityRecord): EntityRecord {
  const [only] = ranges;
  if (!only || ranges.length > 1) return after;
  const whole = [...after];
  for (const [i, value] of only.eq.entries()) {
    const term = path.order.terms[i];
    if (term) whole[term.ordinal] = value;
  }
  return whole;
}

function placeIn(intervals: readonly Interval[], at: Buffer): number {
  const found = intervals.findIndex(({ start, end }) => Buffer.compare(start, at) <= 0 && Buffer.compare(at, end) < 0);
  if (found < 0) throw misfit();
  return found;
}

/** Where the database goes on behind a row, which need not be there any more. */
function positionOf({ path, table }: Reading, after: EntityRecord): Item {
  return { ...keyItemOf(table.key, after, table.entity), ...keyItemOf(path, after, table.entity) };
}

/** The rows of an interval of one partition. */
function queryChunks(reading: Rows, interval: Interval, call: Call, first?: Item): ReadChunk<EntityRecord> {
  const { table, path, session, strong, page, reverse, rows } = reading;
  const places = new Places();
  const bounds = boundsOf(reading, interval);
  if (!bounds) return async () => [];
  const KeyConditionExpression = conditionText(path, bounds, places);
  const isPart = !hasAll(reading);
  const projection = isPart ? keysText(reading, places) : projectionText(reading, places);
  return readPages(async (from: Item | undefined) => {
    const { Items = [], LastEvaluatedKey } = await session.read(
      (client, { QueryCommand }, options) =>
        client.send(
          new QueryCommand({
            TableName: table.name,
            ...(path.name !== undefined && { IndexName: path.name }),
            KeyConditionExpression,
            ConsistentRead: strong,
            ScanIndexForward: !reverse,
            Limit: page,
            ...projection,
            ...places.given,
            ...(from && { ExclusiveStartKey: from }),
          }),
          options,
        ),
      call,
    );
    const within = Items.filter((item) => path.sortName === undefined || lies(path, bounds, item[path.sortName]));
    const items = isPart ? await wholeItems(reading, within, call) : within;
    const own = items.filter((item) => isOwn(table, item));
    return { rows: own.map((item) => rows.read(item)), next: LastEvaluatedKey };
  }, first);
}

interface Bounds {
  readonly partition: Buffer;
  /** Of the sort key, inclusive; undefined is no bound. */
  readonly lower: Buffer | undefined;
  /** Exclusive. */
  readonly upper: Buffer | undefined;
}

/** Undefined where no row can lie there. */
function boundsOf({ path, plan }: Reading, { start, end }: Interval): Bounds | undefined {
  const { access } = plan;
  if (access.kind === "full" || Buffer.compare(start, end) >= 0) return undefined;
  // All ranges fix the partition; which one an interval lies in is what it begins with.
  const partition = access.ranges
    .map(({ eq }) => path.partitionBytes(eq.slice(0, path.entry)))
    .find((bytes) => start.subarray(0, bytes.length).equals(bytes));
  if (!partition) throw new TypeError("an interval over several partitions");
  const rest = (bytes: Buffer): Buffer | undefined =>
    bytes.subarray(0, partition.length).equals(partition) && bytes.length > partition.length
      ? bytes.subarray(partition.length)
      : undefined;
  if (partition.length > MOST_PARTITION) return undefined;
  return { partition, lower: rest(start), upper: rest(end) };
}

/** The database takes one condition on the sort key, whose bounds are both inclusive or one; `lies` says the rest. */
function conditionText(path: Path, bounds: Bounds, places: Places): string {
  const partition = path.type === "S" ? bounds.partition.subarray(0, -1) : bounds.partition;
  const own = `${places.name(path.partitionName)} = ${places.value(keyAttribute(path, partition))}`;
  const { sortName } = path;
  if (sortName === undefined) return own;
  const lower = bounds.lower && lowerBound(path, bounds.lower.subarray(0, MOST_SORT));
  const upper = bounds.upper && upperBound(path, bounds.upper.subarray(0, MOST_SORT));
  if (lower && upper)
    return `${own} AND ${places.name(sortName)} BETWEEN ${places.value(lower)} AND ${places.value(upper)}`;
  if (lower) return `${own} AND ${places.name(sortName)} >= ${places.value(lower)}`;
  return upper ? `${own} AND ${places.name(sortName)} <= ${places.value(upper)}` : own;
}

function lies(path: Path, { lower, upper }: Bounds, stored: AttributeValue | undefined): boolean {
  const sort = sortBytes(path, stored);
  if (!sort) return true;
  return (!lower || Buffer.compare(lower, sort) <= 0) && (!upper || Buffer.compare(sort, upper) < 0);
}
