/** Several ordered sources as one, whatever chunks they are read in. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { mergeChunks, readPages, type ReadChunk } from "../../../../src/adapter/reading/chunks.ts";

/** Elements of a source in order, cut into chunks; the end is an empty one. */
const source = fc
  .array(fc.array(fc.nat({ max: 50 }), { minLength: 1, maxLength: 5 }), { maxLength: 6 })
  .map((chunks) => {
    const sorted = chunks.flat().toSorted((a, b) => a - b);
    return chunks.map(({ length }) => sorted.splice(0, length));
  });

function readerOf(chunks: readonly (readonly number[])[]): ReadChunk<number> {
  const left = [...chunks];
  return async () => left.shift() ?? [];
}

test("each element once, in order", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(source, { minLength: 1, maxLength: 5 }), async (sources) => {
      const read = mergeChunks(sources.map(readerOf), (a, b) => a - b);
      const merged: number[] = [];
      for (let chunk = await read(); chunk.length > 0; chunk = await read()) merged.push(...chunk);
      expect(merged).toEqual(sources.flat(2).toSorted((a, b) => a - b));
    }),
  );
});

test("sources that follow each other: none is read before the one before it has ended", async () => {
  const begun: number[] = [];
  const sources = [[[3], [1]], [], [[2]]].map((chunks, source): ReadChunk<number> => {
    const read = readerOf(chunks);
    return async () => {
      if (begun.at(-1) !== source) begun.push(source);
      return read();
    };
  });
  const read = mergeChunks(sources, undefined);
  expect([await read(), await read(), await read(), await read()]).toEqual([[3], [1], [2], []]);
  expect(begun).toEqual([0, 1, 2]);
});

test("pages go on where the one before ended, and those without rows are passed over", async () => {
  const pages = new Map([
    [undefined, { rows: [1], next: "b" }],
    ["b", { rows: [], next: "c" }],
    ["c", { rows: [2], next: undefined }],
  ]);
  const read = readPages(async (from: string | undefined) => pages.get(from) ?? { rows: [], next: undefined });
  expect([await read(), await read(), await read(), await read()]).toEqual([[1], [2], [], []]);
});
