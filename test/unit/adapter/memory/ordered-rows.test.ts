/** The ordered structure against a plain sorted array. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { OrderedRows } from "../../../../src/adapter/memory/ordered-rows.ts";
import type { Pull } from "../../../../src/adapter/reading/merge.ts";
import { orderComparator } from "../../../../src/model/compare.ts";
import type { EntityRecord } from "../../../../src/model/value.ts";
import { entityOf, int32, text } from "../../model/sample.ts";

const entity = entityOf({ fields: { n: int32, note: text }, key: ["n"] });
const compare = orderComparator(entity.fields, [{ ordinal: 0, desc: false }]);

function drain(pull: Pull<EntityRecord>): readonly EntityRecord[] {
  const rows: EntityRecord[] = [];
  for (let row = pull(); row; row = pull()) rows.push(row);
  return rows;
}

const numberOf = (row: EntityRecord): number => Number(row[0]);

test("agrees with a sorted array after any changes, from any position, both ways", () => {
  const change = fc.record({
    n: fc.integer({ min: 0, max: 3_000 }),
    put: fc.boolean(),
    span: fc.integer({ min: 1, max: 900 }),
  });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 25 }), fc.integer({ min: -1, max: 3_001 }), (changes, position) => {
      const rows = new OrderedRows(compare);
      const oracle = new Map<number, EntityRecord>();
      for (const [i, { n, put, span }] of changes.entries()) {
        // Runs of neighbours, so that chunks split and join.
        for (let each = n; each < n + span; each++) {
          const row = [each, `${i}`];
          const removed = put ? rows.put(row) : rows.remove(row);
          expect(removed).toBe(put ? undefined : oracle.has(each));
          if (put) oracle.set(each, row);
          else oracle.delete(each);
        }
      }
      const sorted = [...oracle.values()].toSorted((a, b) => numberOf(a) - numberOf(b));
      const isBefore = (row: EntityRecord): boolean => numberOf(row) < position;
      expect(rows.size).toBe(sorted.length);
      expect(drain(rows.ascend(isBefore))).toEqual(sorted.filter((row) => !isBefore(row)));
      expect(drain(rows.descend(isBefore))).toEqual(sorted.filter(isBefore).toReversed());
      expect(rows.find([position, undefined])).toBe(oracle.get(position));
    }),
    { numRuns: 60 },
  );
});

test("nothing comes of an empty structure", () => {
  const rows = new OrderedRows(compare);
  expect(rows.find([1])).toBeUndefined();
  expect(rows.remove([1])).toBe(false);
  expect(rows.ascend(() => true)()).toBeUndefined();
  expect(rows.descend(() => true)()).toBeUndefined();
});
