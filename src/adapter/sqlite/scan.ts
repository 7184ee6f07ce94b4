/**
 * Windows over a plan: bounded statements until enough rows are there, with the event loop let go between them. Several ranges are
 * read one after the other where their order is the plan's, and side by side otherwise.
 */

import type { Call } from "../../model/call.ts";
import { orderComparator } from "../../model/compare.ts";
import type { OrderTerm } from "../../model/entity.ts";
import { Fault } from "../../model/fault.ts";
import type { EntityRecord } from "../../model/value.ts";
import type { Cursor, ScanWindow, Window } from "../adapter.ts";
import { decodeCursor, encodeCursor } from "../keyset.ts";
import { pacer } from "../pacer.ts";
import type { Plan } from "../plan.ts";
import { MOST_EXAMINED, readBounded, readerOf, type RangeReader } from "./bounded-statement.ts";
import type { Connection } from "./connection.ts";
import { orderValuesOf, preparePlan, type PreparedPlan } from "../sql/prepared-plan.ts";
import type { Table } from "../sql/table.ts";

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

/** One range, what was read of it and not yet delivered. */
interface Head {
  readonly reader: RangeReader;
  readonly waiting: { readonly record: EntityRecord; readonly size: number }[];
  started: boolean;
  /** Rows looked at; of a statement with a filter, as many as it may have looked at. */
  examined: number;
}

class Scan {
  readonly #source: ScanSource;
  readonly #path: PreparedPlan;
  readonly #window: Window;
  readonly #order: readonly OrderTerm[];
  readonly #compare: (a: EntityRecord, b: EntityRecord) => number;
  readonly #rows: EntityRecord[] = [];
  #heads: Head[];
  #bytes = 0;
  /** Rows that the next statement looks at. */
  #examine = 64;
  /** In all ranges. */
  #examined = 0;
  readonly #maxExamined: number;

  constructor(source: ScanSource, path: PreparedPlan, window: Window) {
    this.#source = source;
    this.#path = path;
    this.#window = window;
    this.#maxExamined = window.maxExamined ?? Infinity;
    this.#order = path.order.map(({ column, desc }) => ({ ordinal: column.field.ordinal, desc }));
    this.#compare = orderComparator(path.table.entity.fields, this.#order);
    const after = window.after && orderValuesOf(path, decodeCursor(this.#order, path.table.entity, window.after));
    this.#heads = path.ranges
      .map((range) => ({ reader: readerOf(path, range, after), waiting: [], started: false, examined: 0 }))
      .filter(hasMore);
    this.#examine = Math.max(this.#examine, Math.min(window.limit + 8, 256));
  }

  /** Works for one turn; true once the window is full or the plan is exhausted. */
  turn(): boolean {
    const started = performance.now();
    while (!this.#isFull()) {
      const [first] = this.#heads;
      if (!first) return true;
      const hungry = this.#path.sequential ? first : this.#heads.find((head) => head.waiting.length === 0);
      if (!hungry || hungry.waiting.length > 0) this.#deliver();
      else {
        if (this.#examinedBy(hungry) >= this.#maxExamined && this.canStop()) return true;
        this.#fill(hungry);
        if (performance.now() - started > TURN) return false;
      }
    }
    return true;
  }

  /** Of ranges that follow each other all rows count, of others those of one range. */
  #examinedBy(head: Head): number {
    return this.#path.sequential ? this.#examined : head.examined;
  }

  #isFull(): boolean {
    return this.#rows.length >= this.#window.limit || this.#bytes >= this.#window.maxBytes;
  }

  #fill(head: Head): void {
    const started = performance.now();
    const share = this.#path.sequential ? 1 : this.#heads.length;
    const wanted = Math.max(Math.ceil((this.#window.limit - this.#rows.length) / share), 1);
    const limits = {
      examine: Math.min(this.#examine, Math.max(this.#maxExamined - this.#examinedBy(head), 1)),
      rows: wanted,
      bytes: Math.max(1, (this.#window.maxBytes - this.#bytes) / share),
      time: TURN,
    };
    const { records, sizes } = readBounded(
      this.#source.connection(),
      this.#path,
      head.reader,
      limits,
      this.#source.shared,
    );
    head.started = true;
    const examined = this.#path.filter ? limits.examine : records.length;
    head.examined += examined;
    this.#examined += examined;
    for (const [i, record] of records.entries()) head.waiting.push({ record, size: sizes[i] ?? 0 });
    this.#heads = this.#heads.filter(hasMore);
    const took = performance.now() - started;
    if (took < TURN / 4) this.#examine = Math.min(this.#examine * 2, MOST_EXAMINED);
    else if (took > TURN) this.#examine = Math.max(Math.floor((this.#examine * TURN) / took), 16);
  }

  /** Every range has a row waiting: the least is next. */
  #deliver(): void {
    let least: Head | undefined;
    for (const head of this.#path.sequential ? this.#heads.slice(0, 1) : this.#heads) {
      const record = head.waiting[0]?.record;
      const best = least?.waiting[0]?.record;
      if (record && (!best || this.#compare(record, best) < 0)) least = head;
    }
    const delivered = least?.waiting.shift();
    if (!delivered) return;
    this.#rows.push(delivered.record);
    this.#bytes += delivered.size;
    if (least?.waiting.length === 0) this.#heads = this.#heads.filter(hasMore);
  }

  /** Whether there is a place that all ranges are known up to. */
  canStop(): boolean {
    if (this.#path.sequential) return this.#last() !== undefined;
    return this.#heads.every(({ waiting, reader }) => waiting.length > 0 || reader.reached !== undefined);
  }

  result(): ScanWindow {
    if (!this.#path.sequential) this.#deliverKnown();
    const rows = this.#rows;
    const next = this.#next();
    return { rows, cursor: (index) => this.#cursor(rows[index]), ...(next && { next: this.#cursor(next) }) };
  }

  /** The place to go on behind; undefined at the end of the plan. */
  #next(): EntityRecord | undefined {
    if (this.#heads.length === 0) return undefined;
    if (this.#isFull()) return this.#rows.at(-1);
    if (this.#path.sequential) return this.#last();
    return this.#frontier() ?? this.#rows.at(-1);
  }

  /** What waits before the place that all ranges are known up to: the next window goes on behind it. */
  #deliverKnown(): void {
    while (!this.#isFull() && this.#heads.length > 0) {
      const frontier = this.#frontier();
      const isKnown = this.#heads.some(
        ({ waiting: [first] }) => first && (!frontier || this.#compare(first.record, frontier) < 0),
      );
      if (!isKnown) return;
      this.#deliver();
    }
  }

  /** The least place that a range of which nothing waits was looked at up to; undefined where rows of all ranges wait. */
  #frontier(): EntityRecord | undefined {
    let least: EntityRecord | undefined;
    for (const { reader, waiting } of this.#heads) {
      if (waiting.length > 0 || !reader.reached) continue;
      if (!least || this.#compare(reader.reached, least) < 0) least = reader.reached;
    }
    return least;
  }

  /** Of ranges that follow each other; rows that wait were not delivered. */
  #last(): EntityRecord | undefined {
    const [first] = this.#heads;
    const reached = first?.started && first.waiting.length === 0 ? first.reader.reached : undefined;
    return reached ?? this.#rows.at(-1);
  }

  #cursor(record: EntityRecord | undefined): Cursor {
    if (!record) throw new RangeError("a window has no such row");
    return encodeCursor(this.#order, this.#path.table.entity, record);
  }
}

function hasMore(head: Head): boolean {
  return head.waiting.length > 0 || head.reader.pending.length > 0;
}
