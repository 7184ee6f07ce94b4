/** A path that is known by the shape of a query is the one that would be chosen, with the ranges of this query's values. */

import fc from "fast-check";
import { expect, it } from "vitest";
import { KnownPaths } from "../../../../src/adapter/planner/known-paths.ts";
import { planOrdered, type OrderedStore } from "../../../../src/adapter/planner/planner.ts";
import { SORTED } from "../../../../src/adapter/planner/row-order.ts";
import type { Filter } from "../../../../src/model/filter.ts";
import type { Value } from "../../../../src/model/value.ts";
import { multiRangeWorlds, worlds } from "./random-plans.ts";

const stores: readonly OrderedStore[] = [
  { ...SORTED, pushes: () => true },
  { ...SORTED, pushes: ({ op }) => op !== "contains" },
  { key: "partition", index: "partition", range: true, absentInIndex: false, pushes: () => false },
  { key: "none", index: "total", range: false, absentInIndex: false, pushes: () => true },
];

/** The same query with other values: as many of them, and of the same kinds. */
function revalued(filter: Filter): Filter {
  switch (filter.kind) {
    case "group":
      return { ...filter, terms: filter.terms.map(revalued) };
    case "not":
      return { ...filter, term: revalued(filter.term) };
    case "const":
      return filter;
    case "condition":
      if (filter.op === "in") return { ...filter, values: filter.values.map(other) };
      if (filter.op === "starts_with" || filter.op === "contains") return { ...filter, value: `${filter.value}z` };
      if (filter.op === "eq" || filter.op === "ne" || filter.op === "lt" || filter.op === "lte")
        return { ...filter, value: other(filter.value) };
      if (filter.op === "gt" || filter.op === "gte") return { ...filter, value: other(filter.value) };
      return filter;
  }
}

function other(value: Value): Value {
  return typeof value === "number" ? 7 - value : typeof value === "string" ? `z${value}` : value;
}

/** Nearly the same query: of another shape by its values alone, with so many that a second list of them is no more ranges. */
function reshaped(filter: Filter): Filter {
  if (filter.kind === "group") return { ...filter, terms: filter.terms.map(reshaped) };
  if (filter.kind !== "condition") return filter;
  if (filter.op === "is_null") return { ...filter, value: !filter.value };
  if (filter.op !== "in") return filter;
  const [first] = filter.values;
  const many = Array.from({ length: 60 }, (_, i) => (typeof first === "number" ? i : `a${i}`));
  return { ...filter, values: many };
}

it("is the same plan, whatever was planned before", () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(worlds, multiRangeWorlds), { minLength: 1, maxLength: 12 }),
      fc.constantFrom(...stores),
      ([first, ...more], store) => {
        if (!first) return;
        const { entity } = first;
        const known = new KnownPaths();
        // All worlds have the same fields, so that any may ask of the first one's entity.
        const queries = [first, ...more].flatMap(({ where, order }) =>
          [where, where && reshaped(where), where && revalued(where)].map((asked) => ({
            entity,
            ...(asked && { where: asked }),
            order,
          })),
        );
        for (const query of [...queries, ...queries])
          expect(planOrdered(query, store, known)).toEqual(planOrdered(query, store));
      },
    ),
    { numRuns: 500 },
  );
});
