/** Plans carried out on one state of the database: windows of rows, and counts. */

import type { Call } from "../../model/call.ts";
import { orderComparator } from "../../model/compare.ts";
import type { OrderTerm } from "../../model/entity.ts";
import { Fault } from "../../model/fault.ts";
import { collectOrdinals } from "../../model/filter.ts";
import { recordBytes } from "../../model/size.ts";
import type { EntityRecord } from "../../model/value.ts";
import { tooManyToCount } from "../capabilities.ts";
import type { CountOptions, ScanWindow, Window } from "../adapter.ts";
import { mergeChunks, type ReadChunk } from "../reading/chunks.ts";
import { decodeCursor } from "../reading/keyset.ts";
import { pacer } from "../runtime/pacer.ts";
import { projectedOrdinals } from "../reading/projection.ts";
import { behind, rangeInterval, type Interval } from "./interval.ts";
import { fillWindow, predicateOf, WindowBuilder } from "./window-builder.ts";
import type { Plan } from "../plan.ts";
import type { Entries, Source } from "./byte-store.ts";
import type { Table } from "./byte-table.ts";
import { StepWidth } from "./step-width.ts";

/** Most rows that one window looks at; then it comes back short. */
const MOST_EXAMINED = 2_000;

/** Most entries of one step; rows behind index entries are fetched together, fewer where they are large. */
const ROWS_IN_STEP = 64;

interface Row {
  readonly record: EntityRecord;
  readonly bytes: number;
}

export async function scanWindow(
  source: Source,
  table: Table,
  plan: Plan,
  window: Window,
  call: Call,
): Promise<ScanWindow> {
  const terms = plan.order.length > 0 ? plan.order : table.orderOf(plan.access).terms;
  const after = window.after && decodeCursor(terms, plan.entity, window.after);
  const most = Math.min(window.limit + 1, (window.maxExamined ?? MOST_EXAMINED) + 1, ROWS_IN_STEP);
  const only = window.fields && ordinalsFor(plan, terms, window.fields);
  const ranges = openRanges(source, table, plan, { terms, after, most, only });
  const compare = orderComparator(table.entity.fields, terms);
  const read = mergeChunks(ranges.readers, (a, b) => compare(a.record, b.record));
  const builder = new WindowBuilder(plan, terms, window, MOST_EXAMINED);
  try {
    return await fillWindow(
      builder,
      read,
      ({ record, bytes }) => builder.look(record, () => bytes),
      () => stopIfAborted(call),
    );
  } finally {
    await ranges.close();
  }
}

/** @param most rows that may be looked at; absent is any number */
export async function countRows(
  source: Source,
  table: Table,
  plan: Plan,
  options: CountOptions,
  { call, most = Infinity }: { readonly call?: Call; readonly most?: number },
): Promise<number> {
  const { terms } = table.orderOf(plan.access);
  const only = ordinalsFor(plan, [], []);
  const ranges = openRanges(source, table, plan, { terms, after: undefined, most: ROWS_IN_STEP, only });
  const fulfils = predicateOf(plan, options.visible);
  const limit = options.limit ?? Infinity;
  let count = 0;
  let examined = 0;
  try {
    for (const read of ranges.readers) {
      for (let chunk = await read(); chunk.length > 0; chunk = await read()) {
        examined += chunk.length;
        for (const { record } of chunk) if (fulfils(record)) count += 1;
        if (count >= limit) return limit;
        if (examined > most) throw tooManyToCount(most);
        if (call) stopIfAborted(call);
      }
    }
    return count;
  } finally {
    await ranges.close();
  }
}

/** What is looked at of a row: the fields that are asked for, and those that say whether and where it comes. */
function ordinalsFor(plan: Plan, terms: readonly OrderTerm[], fields: readonly number[]): ReadonlySet<number> {
  const looked = new Set([...fields, ...terms.map(({ ordinal }) => ordinal)]);
  if (plan.pushed) collectOrdinals(plan.pushed, looked);
  return new Set(projectedOrdinals(plan.entity, [...looked]));
}

function stopIfAborted(call: Call): void {
  if (call.aborted) throw new Fault("CANCELLED", "the caller no longer waits");
}

interface Entered {
  readonly terms: readonly OrderTerm[];
  readonly after: EntityRecord | undefined;
  /** Rows of one step of one range. */
  readonly most: number;
  /** Ordinals of the fields that are looked at; all where it is undefined. */
  readonly only: ReadonlySet<number> | undefined;
}

interface OpenRanges {
  /** One for each range; rows of a range come in the plan's order. */
  readonly readers: readonly ReadChunk<Row>[];
  close(): Promise<void>;
}

/** The rows of a plan's ranges, also those its filter drops. */
function openRanges(source: Source, table: Table, plan: Plan, entered: Entered): OpenRanges {
  const { most, after, only } = entered;
  const isIndex = plan.access.kind === "index";
  const reverse = plan.access.kind !== "full" && plan.access.reverse;
  const opened = intervalsOf(table, plan, entered).map((interval) => source.entries(interval, reverse));
  return {
    readers: opened.map((entries) => readerOf(source, table, entries, { isIndex, most, only, isNew: !after })),
    close: async () => {
      for (const entries of opened) await entries.close();
    },
  };
}

function intervalsOf(table: Table, plan: Plan, { terms, after }: Entered): readonly Interval[] {
  const { access } = plan;
  const order = table.orderOf(access);
  const ranges = access.kind === "full" ? [{ eq: [] }] : access.ranges;
  if (!after) return ranges.map((range) => rangeInterval(order, range));
  const reverse = access.kind !== "full" && access.reverse;
  return ranges.flatMap((range) => behind({ order, range, reverse, delivered: terms, after }) ?? []);
}

interface Reading extends Pick<Entered, "most" | "only"> {
  readonly isIndex: boolean;
  /** Whether it begins, and does not go on behind a cursor. */
  readonly isNew: boolean;
}

/** Rows are decoded in turns of the event loop that have room. */
function readerOf(
  source: Source,
  table: Table,
  entries: Entries,
  { isIndex, most, only, isNew }: Reading,
): ReadChunk<Row> {
  let kind: "begin" | "continue" = isNew ? "begin" : "continue";
  const width = new StepWidth();
  return async () => {
    const step = await entries.next(isIndex ? Math.min(most, width.rows) : most);
    const values = step.map(([, value]) => value);
    const rows = isIndex ? await source.getMany(values) : values;
    const decode = (bytes: Buffer | undefined): Row => {
      if (!bytes) throw new Fault("STORE_CORRUPT", "an index entry points to a row that is not there");
      width.took(1, bytes.length);
      const record = table.decode(bytes, only);
      return { record, bytes: only ? recordBytes(table.entity.message, record) : bytes.length };
    };
    const decoded = await pacer.run(kind, () => rows.map(decode));
    kind = "continue";
    return decoded;
  };
}
