/**
 * Rows in an order, in memory: a sorted list cut into chunks, so that finding is a binary search and adding moves a
 * few hundred references at most. A B-tree of depth two; at a million rows its root has some thousands of entries.
 */

import type { Comparator } from "../../model/compare.ts";
import type { EntityRecord } from "../../model/value.ts";
import type { Pull } from "../reading/merge.ts";

/** Rows to which a position applies; must be true for a leading part of the order, and false behind it. */
export type IsBefore = (row: EntityRecord) => boolean;

/** A chunk is split when it grows beyond this, and joined with a neighbour when both fit into half of it. */
const MOST_IN_CHUNK = 512;

interface ChunkOffset {
  chunk: number;
  index: number;
}

/** No two rows in it compare as equal. Pulls are valid until the next change. */
export class OrderedRows {
  readonly #compare: Comparator<EntityRecord>;
  /** Never empty themselves. */
  readonly #chunks: EntityRecord[][] = [];
  #size = 0;

  constructor(compare: Comparator<EntityRecord>) {
    this.#compare = compare;
  }

  get size(): number {
    return this.#size;
  }

  /** The row that compares as equal. */
  find(probe: EntityRecord): EntityRecord | undefined {
    return this.#equalAt(
      this.#locate((row) => this.#compare(row, probe) < 0),
      probe,
    );
  }

  /** Adds the row, in the place of one that compares as equal. */
  put(row: EntityRecord): void {
    const at = this.#locate((other) => this.#compare(other, row) < 0);
    const chunk = this.#chunks[at.chunk];
    if (chunk && this.#equalAt(at, row)) {
      chunk[at.index] = row;
      return;
    }
    this.#size += 1;
    const last = this.#chunks.at(-1);
    if (chunk) chunk.splice(at.index, 0, row);
    else if (last) last.push(row);
    else this.#chunks.push([row]);
    this.#split(chunk ? at.chunk : this.#chunks.length - 1);
  }

  /** Takes away the row that compares as equal; false where there is none. */
  remove(probe: EntityRecord): boolean {
    const at = this.#locate((row) => this.#compare(row, probe) < 0);
    const chunk = this.#chunks[at.chunk];
    if (!chunk || !this.#equalAt(at, probe)) return false;
    this.#size -= 1;
    chunk.splice(at.index, 1);
    this.#join(at.chunk);
    return true;
  }

  /** Upwards from the first row that is not before. */
  ascend(isBefore: IsBefore): Pull<EntityRecord> {
    const at = this.#locate(isBefore);
    return () => {
      const row = this.#chunks[at.chunk]?.[at.index];
      if (row === undefined) return undefined;
      at.index += 1;
      if (at.index === this.#chunks[at.chunk]?.length) {
        at.chunk += 1;
        at.index = 0;
      }
      return row;
    };
  }

  /** Downwards from the last row that is before. */
  descend(isBefore: IsBefore): Pull<EntityRecord> {
    const at = this.#locate(isBefore);
    return () => {
      if (at.index === 0) {
        at.chunk -= 1;
        at.index = this.#chunks[at.chunk]?.length ?? 0;
      }
      at.index -= 1;
      return this.#chunks[at.chunk]?.[at.index];
    };
  }

  /** Of the first row that is not before; one chunk too far where all are. */
  #locate(isBefore: IsBefore): ChunkOffset {
    const chunk = partition(this.#chunks.length, (i) =>
      isBeforeAt(this.#chunks[i], (this.#chunks[i]?.length ?? 0) - 1, isBefore),
    );
    const rows = this.#chunks[chunk];
    return { chunk, index: rows ? partition(rows.length, (i) => isBeforeAt(rows, i, isBefore)) : 0 };
  }

  #equalAt(at: ChunkOffset, probe: EntityRecord): EntityRecord | undefined {
    const row = this.#chunks[at.chunk]?.[at.index];
    return row && this.#compare(row, probe) === 0 ? row : undefined;
  }

  #split(index: number): void {
    const chunk = this.#chunks[index];
    if (!chunk || chunk.length <= MOST_IN_CHUNK) return;
    this.#chunks.splice(index + 1, 0, chunk.splice(chunk.length >> 1));
  }

  #join(index: number): void {
    const chunk = this.#chunks[index];
    const next = this.#chunks[index + 1];
    if (chunk?.length === 0) this.#chunks.splice(index, 1);
    else if (chunk && next && chunk.length + next.length < MOST_IN_CHUNK >> 1) {
      chunk.push(...next);
      this.#chunks.splice(index + 1, 1);
    }
  }
}

/** How many leading positions hold. */
function partition(length: number, holds: (index: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function isBeforeAt(rows: readonly EntityRecord[] | undefined, index: number, isBefore: IsBefore): boolean {
  const row = rows?.[index];
  return row !== undefined && isBefore(row);
}
