/** Merged sequences against one sort. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { Merge, mergeOrdered } from "../../../../src/adapter/reading/merge.ts";

test("several ordered sequences come as one", () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.integer())), (lists) => {
      const pulls = lists.map((list) => {
        const left = list.toSorted((a, b) => a - b);
        return () => left.shift();
      });
      const pull = mergeOrdered(pulls, (a, b) => a - b);
      const merged: number[] = [];
      for (let next = pull(); next !== undefined; next = pull()) merged.push(next);
      expect(merged).toEqual(lists.flat().toSorted((a, b) => a - b));
      expect(pull()).toBeUndefined();
    }),
  );
});

test("whoever stops goes on behind what was reached: nothing is lost, nothing comes twice", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.nat({ max: 200 }), { maxLength: 40 }),
      fc.integer({ min: 1, max: 4 }),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 20 }),
      fc.integer({ min: 1, max: 9 }),
      (numbers, sources, steps, stop) => {
        // Only even numbers are elements; what is looked at in between moves the place along.
        const all = numbers.toSorted((a, b) => a - b);
        const merged: number[] = [];
        let from = -1;
        for (let windows = 0; windows < 500; windows += 1) {
          const left = Array.from({ length: sources }, (_, source) =>
            all.filter((each) => each % sources === source && each > from),
          );
          const merge = new Merge<number>(sources, (a, b) => a - b);
          const window: number[] = [];
          for (let reads = 0; reads < stop || merge.reached === undefined; reads += 1) {
            for (let next = merge.next(); next !== undefined; next = merge.next()) window.push(next);
            const { wanted } = merge;
            if (wanted === undefined) break;
            const looked = left[wanted]?.splice(0, steps[reads % steps.length]) ?? [];
            const elements = looked.filter((each) => each % 2 === 0);
            merge.feed(wanted, elements, { isEnd: left[wanted]?.length === 0, reached: looked.at(-1) });
          }
          for (let next = merge.next(); next !== undefined; next = merge.next()) window.push(next);
          merged.push(...window);
          if (merge.open === 0) break;
          from = merge.reached ?? window.at(-1) ?? from;
        }
        expect(merged).toEqual(all.filter((each) => each % 2 === 0));
      },
    ),
  );
});
