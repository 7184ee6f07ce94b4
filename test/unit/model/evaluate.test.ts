/** What filters mean, above all on absent values. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileFilter } from "../../../src/model/evaluate.ts";
import type { Filter } from "../../../src/model/filter.ts";
import { normalise } from "../../../src/model/record.ts";
import type { Value } from "../../../src/model/value.ts";
import { bytes, entityOf, int64, list, map, ordinalOf, sparseOf, text } from "./sample.ts";

const entity = entityOf({
  fields: { id: text, n: int64, s: text, b: bytes, tags: list(text), labels: map(text) },
  key: ["id"],
});
const [n, s, b, tags, labels] = ["n", "s", "b", "tags", "labels"].map((name) => ordinalOf(entity, name)) as [
  number,
  number,
  number,
  number,
  number,
];

function holds(filter: Filter, values: { readonly [name: string]: Value }): boolean {
  return compileFilter(entity, filter)(normalise(entity.message, sparseOf(entity, values)));
}

describe("on an absent value", () => {
  const conditions: readonly Filter[] = [
    { kind: "condition", op: "eq", ordinal: n, value: 1n },
    { kind: "condition", op: "ne", ordinal: n, value: 1n },
    { kind: "condition", op: "lt", ordinal: n, value: 1n },
    { kind: "condition", op: "lte", ordinal: n, value: 1n },
    { kind: "condition", op: "gt", ordinal: n, value: 1n },
    { kind: "condition", op: "gte", ordinal: n, value: 1n },
    { kind: "condition", op: "in", ordinal: n, values: [1n] },
    { kind: "condition", op: "starts_with", ordinal: s, value: "" },
    { kind: "condition", op: "contains", ordinal: s, value: "" },
    { kind: "condition", op: "is_null", ordinal: n, value: false },
  ];

  test.each(conditions)("$op is false, and its negation true", (condition) => {
    expect(holds(condition, {})).toBe(false);
    expect(holds({ kind: "not", term: condition }, {})).toBe(true);
  });

  test("is_null is true", () => {
    expect(holds({ kind: "condition", op: "is_null", ordinal: n, value: true }, {})).toBe(true);
    expect(holds({ kind: "condition", op: "is_null", ordinal: n, value: true }, { n: 0n })).toBe(false);
  });
});

test("comparisons agree with the numbers they compare", () => {
  fc.assert(
    fc.property(fc.bigInt(), fc.bigInt(), (value, operand) => {
      const ask = (op: "eq" | "ne" | "lt" | "lte" | "gt" | "gte"): boolean =>
        holds({ kind: "condition", op, ordinal: n, value: operand }, { n: value });
      expect([ask("eq"), ask("ne"), ask("lt"), ask("lte"), ask("gt"), ask("gte")]).toEqual([
        value === operand,
        value !== operand,
        value < operand,
        value <= operand,
        value > operand,
        value >= operand,
      ]);
    }),
  );
});

test("text is matched literally", () => {
  expect(holds({ kind: "condition", op: "contains", ordinal: s, value: "%" }, { s: "a%b" })).toBe(true);
  expect(holds({ kind: "condition", op: "contains", ordinal: s, value: "%" }, { s: "ab" })).toBe(false);
  expect(holds({ kind: "condition", op: "starts_with", ordinal: s, value: "a_" }, { s: "ab" })).toBe(false);
  expect(holds({ kind: "condition", op: "starts_with", ordinal: s, value: "" }, { s: "ab" })).toBe(true);
});

test("bytes are equal by content", () => {
  expect(
    holds({ kind: "condition", op: "eq", ordinal: b, value: Uint8Array.of(1, 2) }, { b: Uint8Array.of(1, 2) }),
  ).toBe(true);
  expect(
    holds({ kind: "condition", op: "ne", ordinal: b, value: Uint8Array.of(1, 2) }, { b: Uint8Array.of(1, 2) }),
  ).toBe(false);
  expect(
    holds(
      { kind: "condition", op: "in", ordinal: b, values: [Uint8Array.of(1), Uint8Array.of(2)] },
      { b: Uint8Array.of(2) },
    ),
  ).toBe(true);
});

test("lists are searched by element, and maps by key", () => {
  expect(holds({ kind: "condition", op: "has_any", ordinal: tags, values: ["x", "y"] }, { tags: ["y"] })).toBe(true);
  expect(holds({ kind: "condition", op: "has_all", ordinal: tags, values: ["x", "y"] }, { tags: ["y"] })).toBe(false);
  expect(
    holds(
      { kind: "condition", op: "has_all", ordinal: labels, values: ["__proto__"] },
      { labels: new Map([["__proto__", "1"]]) },
    ),
  ).toBe(true);
  expect(holds({ kind: "condition", op: "has_any", ordinal: labels, values: ["toString"] }, {})).toBe(false);
  expect(holds({ kind: "condition", op: "is_empty", ordinal: tags, value: true }, {})).toBe(true);
  expect(
    holds({ kind: "condition", op: "is_empty", ordinal: labels, value: false }, { labels: new Map([["a", "1"]]) }),
  ).toBe(true);
});

test("groups: all of nothing holds, any of nothing does not", () => {
  expect(holds({ kind: "group", op: "and", terms: [] }, {})).toBe(true);
  expect(holds({ kind: "group", op: "or", terms: [] }, {})).toBe(false);
  const both: readonly Filter[] = [
    { kind: "condition", op: "eq", ordinal: n, value: 1n },
    { kind: "condition", op: "eq", ordinal: s, value: "a" },
    { kind: "const", value: true },
  ];
  expect(holds({ kind: "group", op: "and", terms: both }, { n: 1n, s: "a" })).toBe(true);
  expect(holds({ kind: "group", op: "and", terms: both }, { n: 1n, s: "b" })).toBe(false);
  expect(holds({ kind: "group", op: "or", terms: both.slice(0, 2) }, { n: 1n, s: "b" })).toBe(true);
});
