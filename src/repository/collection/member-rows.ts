/** One entity's share of a partition, as a sequence of rows with their texts. */

import { keyTies } from "../../adapter/planner/access-path.ts";
import type { TextRange } from "../../adapter/collection.ts";
import { decodeCursor, encodeCursor } from "../../adapter/reading/keyset.ts";
import { pacer } from "../../adapter/runtime/pacer.ts";
import type { Plan } from "../../adapter/plan.ts";
import type { Call } from "../../model/call.ts";
import { compareText, orderComparator } from "../../model/compare.ts";
import type { Consistency } from "../../model/query.ts";
import { recordBytes } from "../../model/size.ts";
import type { EntityRecord } from "../../model/value.ts";
import type { SegmentPosition } from "../pages/page-position.ts";
import { createPlanReader, PASSING, type PlanReader, type Wanted } from "../pages/plan-reader.ts";
import { neededFields } from "../read/compiled-query.ts";
import { visibility } from "../scope.ts";
import type { MemberPlan } from "./member-plan.ts";
import { readFields, type Member } from "./members.ts";
import { placeIn } from "./text-range.ts";

export interface SharedRow {
  readonly record: EntityRecord;
  readonly sortKey: string;
}

/** What is asked of every share. */
export interface Asking {
  readonly range: TextRange;
  readonly reverse: boolean;
  readonly showDeleted: boolean;
  readonly consistency: Consistency | undefined;
}

/** Rows come in the order of their texts, each once; a row is passed by taking it. */
export interface MemberRows {
  /** Whether the next row, or the end, is known. */
  readonly isReady: boolean;
  /** The next row, once it is ready; undefined at the end. */
  readonly head: SharedRow | undefined;
  /** Comes nearer to the next row, by one window of the store. */
  advance(wanted: Wanted, call: Call): Promise<void>;
  take(): void;
  /** Where whoever continues begins: behind what was taken. */
  position(): SegmentPosition;
}

export function memberRows(
  member: Member,
  { plan, ordered }: MemberPlan,
  from: SegmentPosition,
  asking: Asking,
): MemberRows {
  if (!plan || from.done) return ENDED;
  const { consistency, showDeleted } = asking;
  const reader = createPlanReader(member.scope, {
    plan,
    fields: neededFields(member.scope, readFields(member), { plan, order: [] }),
    visible: visibility(member.scope, showDeleted),
    consistency,
  });
  return ordered
    ? new OrderedRows(member, reader, from.cursor, asking)
    : new SortedRows(member, reader, { plan, after: from.cursor }, asking);
}

const ENDED: MemberRows = {
  isReady: true,
  head: undefined,
  advance: () => Promise.resolve(),
  take: () => {},
  position: () => ({ cursor: undefined, done: true }),
};

interface Read extends SharedRow {
  cursor(): Uint8Array;
}

/** What the store delivers in the order of the texts. */
class OrderedRows implements MemberRows {
  readonly #member: Member;
  readonly #reader: PlanReader;
  readonly #asking: Asking;
  #rows: readonly Read[] = [];
  /** Of `#rows`, how many are taken. */
  #taken = 0;
  /** Behind the last taken row, or the last window without any. */
  #cursor: Uint8Array | undefined;
  /** Behind `#rows`; undefined before the first window, and at the end. */
  #next: Uint8Array | undefined;
  #isEnded = false;

  constructor(member: Member, reader: PlanReader, from: Uint8Array | undefined, asking: Asking) {
    this.#member = member;
    this.#reader = reader;
    this.#asking = asking;
    this.#cursor = from;
    this.#next = from;
  }

  get isReady(): boolean {
    return this.#taken < this.#rows.length || this.#isEnded;
  }

  get head(): SharedRow | undefined {
    return this.#rows[this.#taken];
  }

  async advance(wanted: Wanted, call: Call): Promise<void> {
    const { range, reverse } = this.#asking;
    const window = await this.#reader.readWindow(this.#next, wanted, call);
    const rows: Read[] = [];
    let isBehind = false;
    for (const matched of window.rows) {
      const { record } = matched;
      const sortKey = this.#member.texts.sort.encode(record);
      if (sortKey === undefined) continue; // it is not in this index
      const place = placeIn(range, sortKey);
      isBehind = place === (reverse ? -1 : 1);
      if (isBehind) break;
      if (place === 0) rows.push({ record, sortKey, cursor: () => matched.cursor() });
    }
    this.#rows = rows;
    this.#taken = 0;
    this.#isEnded = isBehind || !window.next;
    this.#next = window.next;
    if (rows.length === 0 && window.next) this.#cursor = window.next;
  }

  take(): void {
    this.#taken++;
    if (this.#taken === this.#rows.length && !this.#isEnded) this.#cursor = this.#next;
  }

  position(): SegmentPosition {
    const isOver = this.#isEnded && this.#taken === this.#rows.length;
    if (isOver) return { cursor: undefined, done: true };
    const last = this.#taken > 0 && this.#taken < this.#rows.length ? this.#rows[this.#taken - 1] : undefined;
    return { cursor: last?.cursor() ?? this.#cursor, done: false };
  }
}

interface Sorting {
  readonly plan: Plan;
  readonly after: Uint8Array | undefined;
}

/** Most rows that are kept of a share that passes by. */
const MOST_KEPT = 1_001;

/** What passes by in another order: the first rows behind a position are kept, and the rest is read again for more. */
class SortedRows implements MemberRows {
  readonly #member: Member;
  readonly #reader: PlanReader;
  readonly #asking: Asking;
  readonly #compare: (a: SharedRow, b: SharedRow) => number;
  /** In order; of these `#taken` are taken. */
  #rows: SharedRow[] = [];
  #taken = 0;
  #bytes = 0;
  /** Rows that were dropped lie behind `#rows`. */
  #hasMore = false;
  #last: SharedRow | undefined;
  #next: Uint8Array | undefined;
  #isRead = false;

  constructor(member: Member, reader: PlanReader, { after }: Sorting, asking: Asking) {
    this.#member = member;
    this.#reader = reader;
    this.#asking = asking;
    const { entity } = member.scope;
    const sign = asking.reverse ? -1 : 1;
    const byKey = orderComparator(entity.fields, keyTies(entity.key, []));
    this.#compare = (a, b) => sign * compareText(a.sortKey, b.sortKey) || byKey(a.record, b.record);
    this.#last = after && this.#decode(after);
  }

  get isReady(): boolean {
    return this.#isRead && (this.#taken < this.#rows.length || !this.#hasMore);
  }

  get head(): SharedRow | undefined {
    return this.#isRead ? this.#rows[this.#taken] : undefined;
  }

  async advance(_wanted: Wanted, call: Call): Promise<void> {
    if (this.#isRead) this.#again();
    const window = await this.#reader.readWindow(this.#next, PASSING, call);
    await pacer.run("continue", () => {
      for (const { record } of window.rows) this.#keep(record);
    });
    this.#next = window.next;
    this.#isRead = !window.next;
  }

  take(): void {
    this.#last = this.#rows[this.#taken];
    this.#taken++;
  }

  position(): SegmentPosition {
    if (this.#isRead && !this.#hasMore && this.#taken === this.#rows.length) return { cursor: undefined, done: true };
    return { cursor: this.#last && this.#encode(this.#last), done: false };
  }

  #again(): void {
    this.#rows = [];
    this.#taken = 0;
    this.#bytes = 0;
    this.#hasMore = false;
    this.#next = undefined;
    this.#isRead = false;
  }

  #keep(record: EntityRecord): void {
    const { scope, texts } = this.#member;
    const sortKey = texts.sort.encode(record);
    if (sortKey === undefined || placeIn(this.#asking.range, sortKey) !== 0) return;
    const row = { record, sortKey };
    if (this.#last && this.#compare(row, this.#last) <= 0) return;
    const end = this.#rows.at(-1);
    if (this.#hasMore && end && this.#compare(row, end) > 0) return;
    const at = this.#rows.findIndex((other) => this.#compare(row, other) < 0);
    this.#rows.splice(at < 0 ? this.#rows.length : at, 0, row);
    this.#bytes += recordBytes(scope.entity.message, record);
    while (this.#rows.length > 1 && (this.#rows.length > MOST_KEPT || this.#bytes > scope.limits.answerBytes)) {
      this.#bytes -= recordBytes(scope.entity.message, this.#rows.pop()?.record ?? []);
      this.#hasMore = true;
    }
  }

  /** Length of the text (4), text, and the key as a cursor. */
  #encode({ record, sortKey }: SharedRow): Uint8Array {
    const { entity } = this.#member.scope;
    const text = Buffer.from(sortKey);
    const head = Buffer.alloc(4);
    head.writeUInt32BE(text.length);
    return Buffer.concat([head, text, encodeCursor(keyTies(entity.key, []), entity, record)]);
  }

  #decode(cursor: Uint8Array): SharedRow {
    const { entity } = this.#member.scope;
    const bytes = Buffer.from(cursor.buffer, cursor.byteOffset, cursor.length);
    const end = 4 + bytes.readUInt32BE(0);
    return {
      sortKey: bytes.toString("utf8", 4, end),
      record: decodeCursor(keyTies(entity.key, []), entity, bytes.subarray(end)),
    };
  }
}
