/** The conditions of a filter that all must hold, and what they say about one field. */

import type { EntityModel } from "../../model/entity.ts";
import type { Filter } from "../../model/filter.ts";

/** One of the terms that are joined by `and` at the top of a filter. */
export interface Conjunct {
  readonly filter: Filter;
}

/** Every term, nested `and`s and groups of one opened; none where there is no filter. */
export function collectConjuncts(filter: Filter | undefined): readonly Conjunct[] {
  if (!filter) return [];
  if (filter.kind === "group" && (filter.op === "and" || filter.terms.length === 1))
    return filter.terms.flatMap(collectConjuncts);
  return [{ filter }];
}

/** Fields that have one and the same value in all rows that fulfil the filter. */
export function fixedOrdinals(conjuncts: readonly Conjunct[]): ReadonlySet<number> {
  return new Set(
    conjuncts.flatMap(({ filter }) =>
      filter.kind === "condition" && (filter.op === "eq" || (filter.op === "in" && filter.values.length === 1))
        ? [filter.ordinal]
        : [],
    ),
  );
}

/** Whether no row that fulfils the filter lacks the field. Fields without presence are never absent, nor are key fields. */
export function impliesPresence(entity: EntityModel, conjuncts: readonly Conjunct[], ordinal: number): boolean {
  if (!entity.fields[ordinal]?.presence || entity.key.some((part) => part.ordinal === ordinal)) return true;
  return conjuncts.some(({ filter }) => saysPresent(filter, ordinal));
}

function saysPresent(filter: Filter, ordinal: number): boolean {
  switch (filter.kind) {
    case "group":
      if (filter.op === "and") return filter.terms.some((term) => saysPresent(term, ordinal));
      return filter.terms.length > 0 && filter.terms.every((term) => saysPresent(term, ordinal));
    case "not":
      return saysAbsent(filter.term, ordinal);
    case "const":
      return false;
    case "condition":
      if (filter.ordinal !== ordinal || filter.op === "is_empty") return false;
      return filter.op !== "is_null" || !filter.value;
  }
}

function saysAbsent(filter: Filter, ordinal: number): boolean {
  return filter.kind === "condition" && filter.op === "is_null" && filter.value && filter.ordinal === ordinal;
}
