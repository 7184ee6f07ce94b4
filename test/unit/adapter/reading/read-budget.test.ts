/** A read of several keys holds one row beyond its budget at most, and never none. */

import { expect, it } from "vitest";
import { ReadBudget } from "../../../../src/adapter/reading/read-budget.ts";

it("is spent once it holds as many bytes as it may, and not before something was read", () => {
  const budget = new ReadBudget({ maxBytes: 10 });
  expect(budget.isSpent).toBe(false);
  budget.spend(9);
  expect(budget.isSpent).toBe(false);
  budget.spend(1);
  expect(budget.isSpent).toBe(true);
});

it("is spent by a first row that is larger", () => {
  const budget = new ReadBudget({ maxBytes: 10 });
  budget.spend(11);
  expect(budget.isSpent).toBe(true);
});

it("is never spent where there is none, however long it takes", () => {
  const budget = new ReadBudget({}, 0);
  for (let reads = 0; reads < 100; reads++) budget.spend(1_000_000);
  expect(budget.isSpent).toBe(false);
});
