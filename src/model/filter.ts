/** Conditions on one row, as a tree. Meaning: `evaluate.ts`. */

import type { MapKey, Value } from "./value.ts";

export type Filter =
  | { readonly op: "and" | "or"; readonly terms: readonly Filter[] }
  | { readonly op: "not"; readonly term: Filter }
  | Condition
  | { readonly op: "const"; readonly value: boolean };

/** A condition on one field, by its ordinal. Every one but `is_null` is false where the field is absent. */
export type Condition =
  | { readonly op: Comparison; readonly ordinal: number; readonly value: Value }
  /** Between 1 and 100 values, no duplicates. */
  | { readonly op: "in"; readonly ordinal: number; readonly values: readonly Value[] }
  | { readonly op: "starts_with" | "contains"; readonly ordinal: number; readonly value: string }
  | { readonly op: "is_null"; readonly ordinal: number; readonly value: boolean }
  /** Elements of a list, or keys of a map. */
  | { readonly op: "has_any" | "has_all"; readonly ordinal: number; readonly values: readonly MapKey[] }
  | { readonly op: "is_empty"; readonly ordinal: number; readonly value: boolean };

export type Comparison = "eq" | "ne" | "lt" | "lte" | "gt" | "gte";
