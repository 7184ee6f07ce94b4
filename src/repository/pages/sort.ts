/**
 * A page in an order the store cannot deliver: every row of the access path passes by, and the first few behind a
 * position are kept. What is held is bounded by rows and by bytes; what falls out comes with a later page.
 */

import { decodeCursor, encodeCursor } from "../../adapter/keyset.ts";
import { pacer } from "../../adapter/pacer.ts";
import { keyTies } from "../../adapter/access-path.ts";
import type { Call } from "../../model/call.ts";
import { orderComparator, type Comparator } from "../../model/compare.ts";
import type { OrderTerm } from "../../model/entity.ts";
import type { EntityRecord } from "../../model/value.ts";
import type { Scope } from "../scope.ts";
import { recordBytes } from "../../model/size.ts";
import type { PlanReader } from "./plan-reader.ts";

export interface Sorting {
  readonly order: readonly OrderTerm[];
  /** PagePosition of the last row that was answered. */
  readonly after: Uint8Array | undefined;
  /** Most rows to keep. */
  readonly keep: number;
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
  const kept = new Kept(compare, sorting.keep, scope.limits.sortBytes, (record) => recordBytes(entity.message, record));
  let next: Uint8Array | undefined;
  do {
    const window = await reader.readWindow(next, Infinity, call);
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

/** The first rows of an order, ascending. */
class Kept {
  readonly #compare: Comparator<EntityRecord>;
  readonly #most: number;
  readonly #mostBytes: number;
  readonly #sizeOf: (record: EntityRecord) => number;
  readonly #rows: EntityRecord[] = [];
  #bytes = 0;
  #dropped = false;

  constructor(
    compare: Comparator<EntityRecord>,
    most: number,
    mostBytes: number,
    sizeOf: (record: EntityRecord) => number,
  ) {
    this.#compare = compare;
    this.#most = most;
    this.#mostBytes = mostBytes;
    this.#sizeOf = sizeOf;
  }

  get rows(): readonly EntityRecord[] {
    return this.#rows;
  }

  get dropped(): boolean {
    return this.#dropped;
  }

  add(record: EntityRecord): void {
    const last = this.#rows.at(-1);
    // Once something was dropped, nothing behind the last row may come in: it would hide what was dropped.
    if (last && (this.#dropped || this.#rows.length >= this.#most) && this.#compare(record, last) > 0) {
      this.#dropped = true;
      return;
    }
    this.#rows.splice(this.#placeOf(record), 0, record);
    this.#bytes += this.#sizeOf(record);
    while (this.#rows.length > 1 && (this.#rows.length > this.#most || this.#bytes > this.#mostBytes)) this.#drop();
  }

  #drop(): void {
    const last = this.#rows.pop();
    if (last) this.#bytes -= this.#sizeOf(last);
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
