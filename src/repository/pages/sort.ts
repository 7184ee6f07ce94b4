/**
 * A page in an order the store cannot deliver: every row of the access path passes by, and the first few behind a
 * position are kept, of each the fields that were asked for. What is held is bounded by rows and by bytes of an answer; what
 * falls out comes with a later page.
 */

import { decodeCursor, encodeCursor } from "../../adapter/reading/keyset.ts";
import { pacer } from "../../adapter/runtime/pacer.ts";
import { keyTies } from "../../adapter/planner/access-path.ts";
import type { FieldSet } from "../../adapter/adapter.ts";
import type { Call } from "../../model/call.ts";
import { orderComparator, type Comparator } from "../../model/compare.ts";
import type { OrderTerm } from "../../model/entity.ts";
import type { EntityRecord, MutableRecord } from "../../model/value.ts";
import type { Scope } from "../scope.ts";
import { recordBytes } from "../../model/size.ts";
import { PASSING, type PlanReader } from "./plan-reader.ts";

export interface Sorting {
  readonly order: readonly OrderTerm[];
  /** PagePosition of the last row that was answered. */
  readonly after: Uint8Array | undefined;
  /** Rows to pass over first. */
  readonly skip: number;
  /** Most rows behind them. */
  readonly size: number;
  /** What is read of a row, and kept. */
  readonly fields: FieldSet;
}

export interface Sorted {
  readonly rows: readonly EntityRecord[];
  /** Whether rows follow the last of `rows`. */
  readonly more: boolean;
  /** Continues after rows[index]. */
  cursor(index: number): Uint8Array;
}

/** Reads everything once; the call's deadline is the only limit to that. */
export async function sortedRows(scope: Scope, reader: PlanReader, sorting: Sorting, call: Call): Promise<Sorted> {
  const { entity } = scope;
  const total = [...sorting.order, ...keyTies(entity.key, sorting.order)];
  const compare = orderComparator(entity.fields, total);
  const after = sorting.after && decodeCursor(total, entity, sorting.after);
  const kept = new Kept(scope, compare, sorting);
  let next: Uint8Array | undefined;
  do {
    const window = await reader.readWindow(next, PASSING, call);
    await pacer.run("continue", () => {
      for (const { record } of window.rows) if (!after || compare(record, after) > 0) kept.add(record);
    });
    next = window.next;
  } while (next);
  return {
    rows: kept.rows,
    more: kept.dropped,
    cursor: (index) => encodeCursor(total, entity, kept.rows[index] ?? []),
  };
}

/**
 * The first rows of an order, ascending: as many as may be skipped and answered, and no more bytes than the answer may have,
 * because what is behind them comes with no answer to this request.
 */
class Kept {
  readonly #scope: Pick<Scope, "entity" | "limits">;
  readonly #compare: Comparator<EntityRecord>;
  readonly #sorting: Sorting;
  readonly #rows: EntityRecord[] = [];
  /** By row. */
  readonly #sizes: number[] = [];
  #bytes = 0;
  /** Of the rows that are not skipped. */
  #answered = 0;
  #dropped = false;

  constructor(scope: Pick<Scope, "entity" | "limits">, compare: Comparator<EntityRecord>, sorting: Sorting) {
    this.#scope = scope;
    this.#compare = compare;
    this.#sorting = sorting;
  }

  get rows(): readonly EntityRecord[] {
    return this.#rows;
  }

  get dropped(): boolean {
    return this.#dropped;
  }

  add(record: EntityRecord): void {
    const { skip, fields } = this.#sorting;
    const last = this.#rows.at(-1);
    // Once something was dropped, nothing behind the last row may come in: it would hide what was dropped.
    if (last && (this.#dropped || !this.#hasRoom()) && this.#compare(record, last) > 0) {
      this.#dropped = true;
      return;
    }
    const size = recordBytes(this.#scope.entity.message, record, fields);
    const place = this.#placeOf(record);
    this.#rows.splice(place, 0, fields ? partOf(record, fields) : record);
    this.#sizes.splice(place, 0, size);
    this.#bytes += size;
    // One that comes among the skipped moves the last of them among the answered.
    this.#answered += place < skip ? (this.#sizes[skip] ?? 0) : size;
    while (this.#rows.length > 1 && !this.#fits()) this.#drop();
  }

  #hasRoom(): boolean {
    return this.#rows.length < this.#sorting.skip + this.#sorting.size;
  }

  #fits(): boolean {
    const { answerBytes, sortBytes } = this.#scope.limits;
    const { skip, size } = this.#sorting;
    return this.#rows.length <= skip + size && this.#answered <= answerBytes && this.#bytes <= sortBytes;
  }

  #drop(): void {
    this.#rows.pop();
    const size = this.#sizes.pop() ?? 0;
    this.#bytes -= size;
    if (this.#rows.length >= this.#sorting.skip) this.#answered -= size;
    this.#dropped = true;
  }

  #placeOf(record: EntityRecord): number {
    let low = 0;
    let high = this.#rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const row = this.#rows[middle];
      if (row && this.#compare(row, record) <= 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Of a row that may hold more, and whose bytes may be part of something larger. */
function partOf(record: EntityRecord, fields: readonly number[]): EntityRecord {
  const part: MutableRecord = record.map(() => undefined);
  for (const ordinal of fields) {
    const value = record[ordinal];
    part[ordinal] = value instanceof Uint8Array ? Uint8Array.from(value) : value;
  }
  return part;
}
