/**
 * Windows over a plan: bounded statements until enough rows are there, with the event loop let go between them. Several ranges are
 * read one after the other where their order is the plan's, and side by side otherwise.
 */

import type { Call } from "../../../model/call.ts";
import { orderComparator } from "../../../model/compare.ts";
import type { OrderTerm } from "../../../model/entity.ts";
import { Fault } from "../../../model/fault.ts";
import type { EntityRecord } from "../../../model/value.ts";
import type { Cursor, ScanWindow, Window } from "../../adapter.ts";
import { decodeCursor, encodeCursor } from "../../reading/keyset.ts";
import { Merge } from "../../reading/merge.ts";
import { pacer } from "../../runtime/pacer.ts";
import type { Plan } from "../../plan.ts";
import { MOST_EXAMINED, readBounded, readerOf, type RangeReader } from "./bounded-statement.ts";
import type { Connection } from "../connection.ts";
import { orderValuesOf, preparePlan, type PreparedPlan } from "../../sql/prepared-plan.ts";
import type { Table } from "../../sql/table.ts";

export interface ScanSource {
  /** The handle to read with now; asked again after every pause. */
  connection(): Connection;
  /** Whether statements on it see one state without a transaction. */
  readonly shared: boolean;
}

/** Milliseconds of work between two pauses. */
const TURN = 1;

/** Milliseconds of work, without the waits for other calls, after which a window ends with what it has. */
const PATIENCE = 40;

export async function scanWindow(
  source: ScanSource,
  table: Table,
  plan: Plan,
  window: Window,
  call: Call,
): Promise<ScanWindow> {
  const path = preparePlan(table, plan, window.fields, window.visible);
  const scan = new Scan(source, path, window);
  let worked = 0;
  const turn = (): boolean => {
    if (call.aborted) throw new Fault("CANCELLED", "the caller no longer waits");
    const started = performance.now();
    const isDone = scan.turn();
    worked += performance.now() - started;
    return isDone;
  };
  let isDone = await pacer.run(window.after ? "continue" : "begin", turn);
  while (!isDone && !(worked > PATIENCE && scan.canStop())) isDone = await pacer.run("continue", turn);
  return scan.result();
}

interface RangeScan {
  readonly reader: RangeReader;
  /** Rows looked at; of a statement with a filter, as many as it may have looked at. */
  examined: number;
}

interface Row {
  readonly record: EntityRecord;
  readonly size: number;
}

class Scan {
  readonly #source: ScanSource;
  readonly #path: PreparedPlan;
  readonly #window: Window;
  readonly #order: readonly OrderTerm[];
  readonly #ranges: readonly RangeScan[];
  readonly #merge: Merge<Row>;
  readonly #rows: EntityRecord[] = [];
  #bytes = 0;
  /** Rows that the next statement looks at. */
  #examine: number;
  /** In all ranges. */
  #examined = 0;
  readonly #maxExamined: number;

  constructor(source: ScanSource, path: PreparedPlan, window: Window) {
    this.#source = source;
    this.#path = path;
    this.#window = window;
    this.#maxExamined = window.maxExamined ?? Infinity;
    this.#order = path.order.map(({ column, desc }) => ({ ordinal: column.field.ordinal, desc }));
    const compare = orderComparator(path.table.entity.fields, this.#order);
    const after = window.after && orderValuesOf(path, decodeCursor(this.#order, path.table.entity, window.after));
    this.#ranges = path.ranges
      .map((range) => ({ reader: readerOf(path, range, after), examined: 0 }))
      .filter(({ reader }) => reader.pending.length > 0);
    this.#merge = new Merge(this.#ranges.length, path.sequential ? undefined : (a, b) => compare(a.record, b.record));
    this.#examine = Math.max(64, Math.min(window.limit + 8, 256));
  }

  /** Works for one turn; true once the window is full or the plan is exhausted. */
  turn(): boolean {
    const started = performance.now();
    while (!this.#isFull()) {
      const { wanted } = this.#merge;
      const range = wanted === undefined ? undefined : this.#ranges[wanted];
      if (wanted === undefined || !range) return true;
      if (this.#examinedBy(range) >= this.#maxExamined && this.canStop()) return true;
      this.#read(wanted, range);
      this.#deliver();
      if (performance.now() - started > TURN) return false;
    }
    return true;
  }

  /** Of ranges that follow each other all rows count, of others those of one range. */
  #examinedBy({ examined }: RangeScan): number {
    return this.#path.sequential ? this.#examined : examined;
  }

  #isFull(): boolean {
    return this.#rows.length >= this.#window.limit || this.#bytes >= this.#window.maxBytes;
  }

  #read(number: number, range: RangeScan): void {
    const started = performance.now();
    const share = this.#path.sequential ? 1 : this.#merge.open;
    const wanted = Math.max(Math.ceil((this.#window.limit - this.#rows.length) / share), 1);
    const limits = {
      examine: Math.min(this.#examine, Math.max(this.#maxExamined - this.#examinedBy(range), 1)),
      rows: wanted,
      bytes: Math.max(1, (this.#window.maxBytes - this.#bytes) / share),
      time: TURN,
    };
    const { reader } = range;
    const { records, sizes } = readBounded(this.#source.connection(), this.#path, reader, limits, this.#source.shared);
    const examined = this.#path.filter ? limits.examine : records.length;
    range.examined += examined;
    this.#examined += examined;
    this.#merge.feed(
      number,
      records.map((record, i) => ({ record, size: sizes[i] ?? 0 })),
      {
        isEnd: reader.pending.length === 0,
        reached: reader.reached && { record: reader.reached, size: 0 },
      },
    );
    const took = performance.now() - started;
    if (took < TURN / 4) this.#examine = Math.min(this.#examine * 2, MOST_EXAMINED);
    else if (took > TURN) this.#examine = Math.max(Math.floor((this.#examine * TURN) / took), 16);
  }

  /** What is known to come next, as far as there is room. */
  #deliver(): void {
    while (!this.#isFull()) {
      const row = this.#merge.next();
      if (!row) return;
      this.#rows.push(row.record);
      this.#bytes += row.size;
    }
  }

  /** Whether there is a place to go on behind. */
  canStop(): boolean {
    return this.#next() !== undefined;
  }

  result(): ScanWindow {
    const rows = this.#rows;
    const next = this.#next();
    return { rows, cursor: (index) => this.#cursor(rows[index]), ...(next && { next: this.#cursor(next) }) };
  }

  /** The place to go on behind; undefined at the end of the plan. */
  #next(): EntityRecord | undefined {
    if (this.#merge.open === 0) return undefined;
    return this.#merge.reached?.record ?? this.#rows.at(-1);
  }

  #cursor(record: EntityRecord | undefined): Cursor {
    if (!record) throw new RangeError("a window has no such row");
    return encodeCursor(this.#order, this.#path.table.entity, record);
  }
}
