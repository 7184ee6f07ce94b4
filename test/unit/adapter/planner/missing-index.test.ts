/** The index that a refusal names. */

import { expect, test } from "vitest";
import { collectConjuncts } from "../../../../src/adapter/planner/conjunct.ts";
import { missingIndex } from "../../../../src/adapter/planner/missing-index.ts";
import type { OrderTerm } from "../../../../src/model/entity.ts";
import type { Filter } from "../../../../src/model/filter.ts";
import { entityOf, int64, ordinalOf, text } from "../../model/sample.ts";

const entity = entityOf({ fields: { id: text, name: text, size: int64, kind: text }, key: ["id"] });
const at = (name: string): number => ordinalOf(entity, name);
const contains: Filter = { kind: "condition", op: "contains", ordinal: at("name"), value: "x" };
const below: Filter = { kind: "condition", op: "lt", ordinal: at("size"), value: 5n };
const above: Filter = { kind: "condition", op: "gt", ordinal: at("size"), value: 1n };
const equal: Filter = { kind: "condition", op: "eq", ordinal: at("kind"), value: "k" };
const oneOf: Filter = { kind: "condition", op: "in", ordinal: at("kind"), values: ["k", "l"] };
const bySize: OrderTerm = { ordinal: at("size"), desc: true };

test.each<readonly [string, readonly Filter[], readonly OrderTerm[], string | undefined]>([
  ["a condition that no index serves is in none", [contains], [], undefined],
  ["nor is it in front of one that is served", [contains, below], [], "(size)"],
  ["fixed values come first, then those of a list, then a range", [below, oneOf, contains], [], "(kind, size)"],
  ["a field is named once", [equal, below, above], [], "(kind, size)"],
  [
    "a range on a field that is fixed adds nothing",
    [{ ...equal, ordinal: at("size"), value: 1n }, below],
    [],
    "(size)",
  ],
  ["an order follows the values in front of it", [equal, contains], [bySize], "(kind, size desc)"],
  ["an order with a filter that it cannot serve has no index", [contains], [bySize], undefined],
  ["an order begins with its range", [below], [bySize], "(size desc)"],
])("%s", (_, terms, order, wanted) => {
  const conjuncts = collectConjuncts({ kind: "group", op: "and", terms });
  expect(missingIndex(entity, conjuncts, order)).toBe(wanted);
});
