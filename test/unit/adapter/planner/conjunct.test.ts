/** What a filter says of all rows that fulfil it, and what an index says by itself. */

import { expect, it } from "vitest";
import { collectConjuncts, fixedOrdinals, impliesPresence } from "../../../../src/adapter/planner/conjunct.ts";
import { isBounded, planOrdered, type OrderedStore } from "../../../../src/adapter/planner/planner.ts";
import type { Condition, Filter } from "../../../../src/model/filter.ts";
import type { Value } from "../../../../src/model/value.ts";
import { entityOf, int32, text } from "../../model/sample.ts";

const job = entityOf({ fields: { tenant: text, id: text, status: text, at: int32 }, key: ["tenant", "id"], indexes: [["status", "at"]] }); // prettier-ignore
const [TENANT, , STATUS, AT] = [0, 1, 2, 3] as const;
const sparse: OrderedStore = { key: "total", index: "total", range: true, absentInIndex: false, pushes: () => false };

const eq = (ordinal: number, value: Value): Condition => ({ kind: "condition", op: "eq", ordinal, value });
const among = (ordinal: number, ...values: readonly Value[]): Condition => ({
  kind: "condition",
  op: "in",
  ordinal,
  values,
});
const and = (...terms: readonly Filter[]): Filter => ({ kind: "group", op: "and", terms });

it.each<[what: string, filter: Filter, fixed: readonly number[]]>([
  ["one value", eq(TENANT, "a"), [TENANT]],
  ["one value of a list of one", among(TENANT, "a"), [TENANT]],
  ["several values", among(TENANT, "a", "b"), []],
  ["a bound", { kind: "condition", op: "lt", ordinal: AT, value: 1 }, []],
  ["one of several terms", { kind: "group", op: "or", terms: [eq(TENANT, "a"), eq(STATUS, "b")] }, []],
])("a field has one and the same value where the filter says so: %s", (_what, filter, fixed) => {
  expect([...fixedOrdinals(collectConjuncts(filter))]).toEqual(fixed);
});

it("an index without absent values says that a value is there, and nothing else of it", () => {
  const isThere: Condition = { kind: "condition", op: "is_null", ordinal: AT, value: false };
  const differs: Condition = { kind: "condition", op: "ne", ordinal: AT, value: 0 };
  const left = (condition: Condition): Filter | undefined =>
    planOrdered({ entity: job, where: and(eq(STATUS, "x"), condition), order: [] }, sparse).residual;
  expect(left(isThere)).toBeUndefined();
  expect(left(differs)).toEqual(differs);
});

const not = (term: Filter): Filter => ({ kind: "not", term });
const isNull = (value: boolean): Condition => ({ kind: "condition", op: "is_null", ordinal: STATUS, value });

it.each<[what: string, filter: Filter, isPresent: boolean]>([
  ["a value", eq(STATUS, "a"), true],
  ["another field's value", eq(AT, 1), false],
  ["that it is there", isNull(false), true],
  ["that it is not", isNull(true), false],
  ["not that it is not", not(isNull(true)), true],
  ["not that it is there", not(isNull(false)), false],
  ["not that another field is not", not({ ...isNull(true), ordinal: AT }), false],
  ["not a value, as a row without one has", not(eq(STATUS, "a")), false],
  ["one of two values", { kind: "group", op: "or", terms: [eq(STATUS, "a"), isNull(false)] }, true],
  ["a value, or something else", { kind: "group", op: "or", terms: [eq(STATUS, "a"), eq(AT, 1)] }, false],
  ["one of nothing", { kind: "group", op: "or", terms: [] }, false],
])("an index without absent values serves a filter that says: %s", (_what, filter, isPresent) => {
  expect(impliesPresence(job, collectConjuncts(filter), STATUS)).toBe(isPresent);
});

it("a plan is bounded where each of its ranges is", () => {
  const bounded = (where: Filter | undefined): boolean =>
    isBounded(planOrdered({ entity: job, ...(where && { where }), order: [] }, { ...sparse, absentInIndex: true }));
  expect(bounded(eq(STATUS, "x"))).toBe(true);
  expect(bounded(and(eq(TENANT, "t"), eq(1, "i")))).toBe(true);
  expect(bounded({ kind: "condition", op: "starts_with", ordinal: STATUS, value: "x" })).toBe(true);
  expect(bounded(undefined)).toBe(false);
});
