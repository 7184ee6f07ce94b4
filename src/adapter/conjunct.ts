/** The conditions of a filter that all must hold, and what they say about one field. */

import type { EntityModel } from "../model/entity.ts";
import type { Filter } from "../model/filter.ts";

/** One of the terms that are joined by `and` at the top of a filter. */
export interface Conjunct {
  readonly filter: Filter;
}

/** Every term, nested `and`s and groups of one opened; none where there is no filter. */
export function collectConjuncts(filter: Filter | undefined): readonly Conjunct[] {
  if (!filter) return [];
  if (filter.op === "and" || (filter.op === "or" && filter.terms.length === 1))
    return filter.terms.flatMap(collectConjuncts);
  return [{ filter }];
}

/** Fields that have one and the same value in all rows that fulfil the filter. */
export function fixedOrdinals(conjuncts: readonly Conjunct[]): ReadonlySet<number> {
  return new Set(
    conjuncts.flatMap(({ filter }) =>
      filter.op === "eq" || (filter.op === "in" && filter.values.length === 1) ? [filter.ordinal] : [],
    ),
  );
}

/** Whether no row that fulfils the filter lacks the field. Fields without presence are never absent, nor are key fields. */
export function impliesPresence(entity: EntityModel, conjuncts: readonly Conjunct[], ordinal: number): boolean {
  if (!entity.fields[ordinal]?.presence || entity.key.some((part) => part.ordinal === ordinal)) return true;
  return conjuncts.some(({ filter }) => saysPresent(filter, ordinal));
}

function saysPresent(filter: Filter, ordinal: number): boolean {
  switch (filter.op) {
    case "and":
      return filter.terms.some((term) => saysPresent(term, ordinal));
    case "or":
      return filter.terms.length > 0 && filter.terms.every((term) => saysPresent(term, ordinal));
    case "not":
      return filter.term.op === "is_null" && filter.term.value && filter.term.ordinal === ordinal;
    case "const":
      return false;
    case "is_null":
      return filter.ordinal === ordinal && !filter.value;
    case "is_empty":
      return false;
    case "eq":
    case "ne":
    case "lt":
    case "lte":
    case "gt":
    case "gte":
    case "in":
    case "starts_with":
    case "contains":
    case "has_any":
    case "has_all":
      return filter.ordinal === ordinal;
  }
}
