/** Which rows an answer shows. */

import { expect, it } from "vitest";
import { AnswerBudget } from "../../../src/model/answer-budget.ts";
import { recordBytes } from "../../../src/model/size.ts";
import type { EntityRecord } from "../../../src/model/value.ts";
import { entityOf, text } from "./sample.ts";

const { message } = entityOf({ name: "test.Note", fields: { id: text, body: text }, key: ["id"] });
const row = (size: number): EntityRecord => ["a", "x".repeat(size)];
const shown = (budget: AnswerBudget, sizes: readonly number[], fields?: readonly number[]): readonly boolean[] =>
  sizes.map((size) => budget.takes(message, row(size), fields));
const small = recordBytes(message, row(1_000));

it("takes rows to the last byte, and ends with the first that no longer fits", () => {
  const exact = new AnswerBudget({ bytes: 3 * small, rowBytes: 9_000 });
  expect(shown(exact, [1_000, 1_000, 1_000, 1])).toEqual([true, true, true, false]);
  expect(exact.isFull).toBe(true);
  const less = new AnswerBudget({ bytes: 3 * small - 1, rowBytes: 9_000 });
  expect(shown(less, [1_000, 1_000, 1_000, 1])).toEqual([true, true, false, false]);
});

it("takes one row that is larger than all of the answer, and none that fits nowhere, which ends nothing", () => {
  const budget = new AnswerBudget({ bytes: 1_000, rowBytes: 3_000 });
  expect(shown(budget, [5_000, 2_000, 1])).toEqual([false, true, false]);
  expect(shown(new AnswerBudget({ bytes: 1_000, rowBytes: 3_000 }), [1, 5_000, 1])).toEqual([true, false, true]);
});

it("counts what is shown", () => {
  const budget = new AnswerBudget({ bytes: 1_000, rowBytes: 3_000 });
  expect(shown(budget, [5_000, 5_000, 5_000], [0])).toEqual([true, true, true]);
});
