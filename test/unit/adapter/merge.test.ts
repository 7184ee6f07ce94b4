/** Merged sequences against one sort. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { mergeOrdered } from "../../../src/adapter/merge.ts";

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
