/** Several ordered sources as one, whatever chunks they are read in. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { mergeChunks, type ReadChunk } from "../../../../src/adapter/ordered/merge-chunks.ts";

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
