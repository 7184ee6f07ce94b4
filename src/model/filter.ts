/** Conditions on one row, as a tree. Meaning: `evaluate.ts`. */

import type { MapKey, Value } from "./value.ts";

export type Filter =
  | { readonly kind: "group"; readonly op: "and" | "or"; readonly terms: readonly Filter[] }
  | { readonly kind: "not"; readonly term: Filter }
  | { readonly kind: "const"; readonly value: boolean }
  | Condition;

/** A condition on one field, by its ordinal. Every one but `is_null` is false where the field is absent. */
export type Condition = { readonly kind: "condition"; readonly ordinal: number } & Operation;

type Operation =
  | { readonly op: Comparison; readonly value: Value }
  /** Between 1 and 100 values, no duplicates. */
  | { readonly op: "in"; readonly values: readonly Value[] }
  | { readonly op: "starts_with" | "contains"; readonly value: string }
  | { readonly op: "is_null"; readonly value: boolean }
  /** Elements of a list, or keys of a map. */
  | { readonly op: "has_any" | "has_all"; readonly values: readonly MapKey[] }
  | { readonly op: "is_empty"; readonly value: boolean };

export type Comparison = "eq" | "ne" | "lt" | "lte" | "gt" | "gte";

/** Every field a filter looks at, into `into`. */
export function collectOrdinals(filter: Filter, into: Set<number>): void {
  switch (filter.kind) {
    case "group":
      for (const term of filter.terms) collectOrdinals(term, into);
      return;
    case "not":
      collectOrdinals(filter.term, into);
      return;
    case "const":
      return;
    case "condition":
      into.add(filter.ordinal);
  }
}
