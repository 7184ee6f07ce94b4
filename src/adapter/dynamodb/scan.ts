/** Windows of a plan: Query within one partition of the table or of an index, and Scan where a plan is bounded by nothing. */

import { orderComparator } from "../../model/compare.ts";
import type { Call } from "../../model/call.ts";
import type { OrderTerm } from "../../model/entity.ts";
import { Fault } from "../../model/fault.ts";
import { recordBytes } from "../../model/size.ts";
import type { EntityRecord } from "../../model/value.ts";
import type { FieldSet, ScanWindow, Window } from "../adapter.ts";
import { mergeChunks, readPages, type ReadChunk } from "../chunks.ts";
import { decodeCursor } from "../keyset.ts";
import { behind, keyBytes, rangeInterval, type Interval } from "../ordered/interval.ts";
import { successor } from "../ordered/key-bytes.ts";
import { fillWindow, WindowBuilder } from "../ordered/window-builder.ts";
import type { Plan } from "../plan.ts";
import { projectedOrdinals } from "../projection.ts";
import type { AttributeValue, Item } from "./driver.ts";
import { Places } from "./expressions.ts";
import { isStrong, type Reader } from "./read.ts";
import { keyItemOf, pathFor, recordOf, type Path, type Table } from "./table.ts";

/** Rows looked at for one window at the most. */
const MOST_EXAMINED = 2_000;

/** Rows of one request at the most; the database ends a page at 1 MB by itself. */
const LARGEST_PAGE = 1_000;

/** Longest sort key; a bound that is longer is cut, and the rows are compared with all of it. */
const MOST_SORT = 1_024;
const MOST_PARTITION = 2_048;

interface Reading extends Reader {
  readonly table: Table;
  readonly path: Path;
  readonly plan: Plan;
  readonly fields: FieldSet;
  readonly strong: boolean;
  readonly reverse: boolean;
  readonly page: number;
}

export async function scanRows(
  reader: Reader,
  table: Table,
  plan: Plan,
  window: Window,
  call: Call,
): Promise<ScanWindow> {
  const path = pathFor(table, plan.access);
  const isIndex = path.index !== undefined;
  if (isIndex && window.consistency === "strong")
    throw new Fault(
      "CAPABILITY_MISSING",
      "an index of this store is behind its table; read by the key, or without STRONG",
      {
        metadata: { capability: "consistency" },
      },
    );
  const terms = plan.order.length > 0 ? plan.order : path.order.terms;
  const after = window.after && decodeCursor(terms, table.entity, window.after);
  const reading: Reading = {
    ...reader,
    table,
    path,
    plan,
    fields: window.fields && [...window.fields, ...terms.map(({ ordinal }) => ordinal)],
    strong: !isIndex && isStrong(window.consistency),
    reverse: plan.access.kind !== "full" && plan.access.reverse,
    page: Math.min(window.limit + 1, (window.maxExamined ?? MOST_EXAMINED) + 1, LARGEST_PAGE),
  };
  const builder = new WindowBuilder(plan, terms, window, MOST_EXAMINED);
  return fillWindow(builder, chunksOf(reading, terms, after, call), (record: EntityRecord) =>
    builder.look(record, (row) => recordBytes(table.entity.message, row)),
  );
}

/** The rows of a plan behind a position, in its order; a plan without one reads its ranges in turn. */
function chunksOf(
  reading: Reading,
  terms: readonly OrderTerm[],
  after: EntityRecord | undefined,
  call: Call,
): ReadChunk<EntityRecord> {
  const { plan, path, table, reverse } = reading;
  if (plan.access.kind === "full") return scanChunks(reading, after, call);
  const { ranges } = plan.access;
  const order = path.order;
  if (plan.order.length > 0) {
    const intervals = ranges.map((range) =>
      after ? behind({ order, range, reverse, delivered: terms, after }) : rangeInterval(order, range),
    );
    const readers = intervals.flatMap((interval) => (interval ? [queryChunks(reading, interval, call)] : []));
    return mergeChunks(readers, orderComparator(table.entity.fields, terms));
  }
  const intervals = ranges.map((range) => rangeInterval(order, range));
  const rest = after ? restOf(intervals, keyBytes(order, after), reverse) : intervals;
  return mergeChunks(
    rest.map((interval) => queryChunks(reading, interval, call)),
    undefined,
  );
}

function restOf(intervals: readonly Interval[], at: Buffer, reverse: boolean): readonly Interval[] {
  const found = intervals.findIndex(({ start, end }) => Buffer.compare(start, at) <= 0 && Buffer.compare(at, end) < 0);
  const own = intervals[found];
  if (!own) throw new Fault("PAGE_TOKEN_INVALID", "the page token was made for another query; start again without it");
  const rest = reverse ? { start: own.start, end: at } : { start: successor(at), end: own.end };
  return [rest, ...intervals.slice(found + 1)];
}

function scanChunks(reading: Reading, after: EntityRecord | undefined, call: Call): ReadChunk<EntityRecord> {
  const { table, session, strong, page, fields } = reading;
  const places = new Places();
  const projection = projectionText(reading, places);
  const first = after && keyItemOf(table.key, after, table.entity);
  return readPages(async (from: Item | undefined) => {
    const { Items = [], LastEvaluatedKey } = await session.read(
      (client, { ScanCommand }, options) =>
        client.send(
          new ScanCommand({
            TableName: table.name,
            ConsistentRead: strong,
            Limit: page,
            ...projection,
            ...places.given,
            ...(from && { ExclusiveStartKey: from }),
          }),
          options,
        ),
      call,
    );
    return { rows: Items.map((item) => recordOf(table, item, fields)), next: LastEvaluatedKey };
  }, first);
}

/** The rows of an interval of one partition. */
function queryChunks(reading: Reading, interval: Interval, call: Call): ReadChunk<EntityRecord> {
  const { table, path, session, strong, page, fields, reverse } = reading;
  const places = new Places();
  const bounds = boundsOf(reading, interval);
  if (!bounds) return async () => [];
  const KeyConditionExpression = conditionText(path, bounds, places);
  const projection = projectionText(reading, places);
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
    const within = Items.filter((item) => lies(bounds, path.sortName === undefined ? undefined : item[path.sortName]));
    return { rows: within.map((item) => recordOf(table, item, fields)), next: LastEvaluatedKey };
  });
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
  if (access.kind === "full") return undefined;
  // All ranges fix the partition; which one an interval lies in is what it begins with.
  const partition = access.ranges
    .map(({ eq }) => rangeInterval(path.order, { eq: eq.slice(0, path.partition.terms.length) }))
    .find((whole) => Buffer.compare(whole.start, start) <= 0 && Buffer.compare(end, whole.end) <= 0)?.start;
  if (!partition) throw new TypeError("an interval over several partitions");
  const rest = (bytes: Buffer): Buffer | undefined =>
    bytes.subarray(0, partition.length).equals(partition) && bytes.length > partition.length
      ? bytes.subarray(partition.length)
      : undefined;
  if (partition.length > MOST_PARTITION || Buffer.compare(start, end) >= 0) return undefined;
  return { partition, lower: rest(start), upper: rest(end) };
}

/** The database takes one condition on the sort key, whose bounds are both inclusive or one; `lies` says the rest. */
function conditionText(path: Path, { partition, lower, upper }: Bounds, places: Places): string {
  const own = `${places.name(path.partitionName)} = ${places.value({ B: partition })}`;
  if (path.sortName === undefined || (!lower && !upper)) return own;
  const sort = places.name(path.sortName);
  const cut = (bytes: Buffer): string => places.value({ B: bytes.subarray(0, MOST_SORT) });
  if (lower && upper) return `${own} AND ${sort} BETWEEN ${cut(lower)} AND ${cut(upper)}`;
  return lower ? `${own} AND ${sort} >= ${cut(lower)}` : upper ? `${own} AND ${sort} <= ${cut(upper)}` : own;
}

function lies({ lower, upper }: Bounds, sort: AttributeValue | undefined): boolean {
  if (!sort?.B) return true;
  return (!lower || Buffer.compare(lower, sort.B) <= 0) && (!upper || Buffer.compare(sort.B, upper) < 0);
}

function projectionText({ fields, table, path }: Reading, places: Places): { ProjectionExpression?: string } {
  if (!fields) return {};
  const names = projectedOrdinals(table.entity, fields).flatMap((ordinal) => table.attributes[ordinal]?.name ?? []);
  const all = [...names, ...(path.sortName === undefined ? [] : [path.sortName])];
  return { ProjectionExpression: all.map((name) => places.name(name)).join(", ") };
}
