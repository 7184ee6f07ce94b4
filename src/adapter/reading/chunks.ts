/** Rows that are read in chunks, where reading waits: several sources as one, and the pages of a request that goes on. */

import { Merge } from "./merge.ts";
import { sideBySide } from "../runtime/side-by-side.ts";

/** The next elements in order; an empty chunk is the end. */
export type ReadChunk<T> = () => Promise<readonly T[]>;

/**
 * Each source must be in the order of `compare`. Chunks are as long as what was read allows.
 *
 * @param compare undefined: the sources follow each other, and none is read before the one before it has ended
 * @param width how many sources are read at a time
 */
export function mergeChunks<T>(
  sources: readonly ReadChunk<T>[],
  compare: ((a: T, b: T) => number) | undefined,
  width: number = sources.length,
): ReadChunk<T> {
  const [only] = sources;
  if (only && sources.length === 1) return only;
  const merge = new Merge<T>(sources.length, compare);
  return async () => {
    for (;;) {
      const known: T[] = [];
      for (let element = merge.next(); element !== undefined; element = merge.next()) known.push(element);
      if (known.length > 0 || merge.open === 0) return known;
      await sideBySide(merge.hungry, width, async (number) => {
        const chunk = (await sources[number]?.()) ?? [];
        merge.feed(number, chunk, { isEnd: chunk.length === 0 });
      });
    }
  };
}

export interface Page<T, Position> {
  readonly rows: readonly T[];
  /** Undefined at the end. */
  readonly next: Position | undefined;
}

/** Page after page of a request that goes on behind a position; a page without rows in between is passed over. */
export function readPages<T, Position>(
  page: (from: Position | undefined) => Promise<Page<T, Position>>,
  first?: Position,
): ReadChunk<T> {
  let from = first;
  let isEnd = false;
  return async () => {
    while (!isEnd) {
      const { rows, next } = await page(from);
      from = next;
      isEnd = next === undefined;
      if (rows.length > 0) return rows;
    }
    return [];
  };
}
