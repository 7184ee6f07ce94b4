/** Names the index that would serve a query, for people. */

import type { EntityModel, OrderTerm } from "../../model/entity.ts";
import { fixedOrdinals, type Conjunct } from "./conjunct.ts";

const RANGES: ReadonlySet<string> = new Set(["lt", "lte", "gt", "gte", "starts_with"]);

/** For example `(status, created_at desc)`; undefined where no index would serve the query, for example for `contains` alone. */
export function missingIndex(
  entity: EntityModel,
  conjuncts: readonly Conjunct[],
  order: readonly OrderTerm[],
): string | undefined {
  const terms = new Map<number, boolean>();
  const constant = fixedOrdinals(conjuncts);
  for (const ordinal of constant) terms.set(ordinal, false);
  for (const { filter } of conjuncts)
    if (filter.kind === "condition" && filter.op === "in" && !terms.has(filter.ordinal))
      terms.set(filter.ordinal, false);
  if (order.length === 0) {
    const range = conjuncts.find(
      ({ filter }) => filter.kind === "condition" && RANGES.has(filter.op) && !terms.has(filter.ordinal),
    );
    if (range?.filter.kind === "condition") terms.set(range.filter.ordinal, false);
  }
  // Without a value in front, a filter is served only by a range on the first term, and the order cannot be had as well.
  if (terms.size === 0 && order.length > 0 && conjuncts.length > 0 && !startsRange(conjuncts, order[0]))
    return undefined;
  for (const term of order) if (!terms.has(term.ordinal)) terms.set(term.ordinal, term.desc);
  if (terms.size === 0) return undefined;
  return `(${[...terms].map(([ordinal, desc]) => `${entity.fields[ordinal]?.name}${desc ? " desc" : ""}`).join(", ")})`;
}

function startsRange(conjuncts: readonly Conjunct[], first: OrderTerm | undefined): boolean {
  return conjuncts.some(
    ({ filter }) => filter.kind === "condition" && RANGES.has(filter.op) && filter.ordinal === first?.ordinal,
  );
}
