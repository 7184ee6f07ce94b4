/** What comes behind a position, against comparing every row with it. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { cutBehind, piecesOf } from "../../../../src/adapter/reading/behind.ts";

interface Term {
  readonly field: number;
  readonly desc: boolean;
}

const FIELDS = 3;
const values = fc.tuple(...Array.from({ length: FIELDS }, () => fc.nat({ max: 2 })));

/** Every row there can be. */
const rows = Array.from({ length: 27 }, (_, i) => [Math.floor(i / 9), Math.floor(i / 3) % 3, i % 3]);

const order = fc
  .tuple(fc.shuffledSubarray([0, 1, 2], { minLength: FIELDS }), fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }))
  .map(([fields, descs]) => fields.map((field, i): Term => ({ field, desc: descs[i] === true })));

function compareIn({ field, desc }: Term, a: readonly number[], b: readonly number[]): number {
  return ((a[field] ?? 0) - (b[field] ?? 0)) * (desc ? -1 : 1);
}

test("pieces hold the rows of the range that come behind the position, in the order of delivery", () => {
  fc.assert(
    fc.property(
      order,
      values,
      fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
      values,
      (terms, fixed, isFixed, at) => {
        const compare = (a: readonly number[], b: readonly number[]): number =>
          terms.map((term) => compareIn(term, a, b)).find((compared) => compared !== 0) ?? 0;
        const range = rows.filter((row) => row.every((value, i) => isFixed[i] !== true || value === fixed[i]));
        const expected = range.filter((row) => compare(row, at) > 0).toSorted(compare);
        const cut = cutBehind(terms, (term) => (isFixed[term.field] === true ? compareIn(term, fixed, at) : undefined));
        const found = piecesOf(cut).flatMap(({ equal, beyond }) =>
          range
            .filter(
              (row) =>
                equal.every((term) => compareIn(term, row, at) === 0) && (!beyond || compareIn(beyond, row, at) > 0),
            )
            .toSorted(compare),
        );
        expect(found).toEqual(expected);
      },
    ),
  );
});
