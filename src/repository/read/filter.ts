/** Filters made ready for planning: no constants inside, timestamps in the store's precision, groups flat. */

import { Fault } from "../../model/fault.ts";
import type { Comparison, Condition, Filter } from "../../model/filter.ts";
import type { Value } from "../../model/value.ts";
import type { EntityLayout } from "../entity-layout.ts";
import { truncateTime } from "../timestamps.ts";

const TRUE: Filter = { kind: "const", value: true };
const FALSE: Filter = { kind: "const", value: false };

/** What a `where` comes to. */
export type Folded =
  { readonly kind: "all" } | { readonly kind: "nothing" } | { readonly kind: "some"; readonly filter: Filter };

/** Whether a filter holds for every row, for none, or must be asked. Equivalent to the given one on rows in normal form. */
export function foldFilter(layout: EntityLayout, filter: Filter | undefined, mostValues: number): Folded {
  if (!filter) return { kind: "all" };
  const folded = fold(layout, filter, mostValues);
  if (folded.kind !== "const") return { kind: "some", filter: folded };
  return { kind: folded.value ? "all" : "nothing" };
}

/** A `condition`, which must say something. One that is decided already becomes a test of the key, which is never absent. */
export function foldCondition(
  layout: EntityLayout,
  condition: Filter | undefined,
  mostValues: number,
): Filter | undefined {
  if (!condition) return undefined;
  if (condition.kind === "group" && condition.terms.length === 0)
    throw new Fault("EMPTY_PREDICATE", "condition says nothing; set a predicate in it, or leave it out", {
      field: "condition",
    });
  const folded = foldFilter(layout, condition, mostValues);
  if (folded.kind === "some") return folded.filter;
  return { kind: "condition", op: "is_null", ordinal: layout.keyOrdinals[0] ?? 0, value: folded.kind === "nothing" };
}

function fold(layout: EntityLayout, filter: Filter, mostValues: number): Filter {
  switch (filter.kind) {
    case "group":
      return foldGroup(layout, filter.op, filter.terms, mostValues);
    case "not": {
      const term = fold(layout, filter.term, mostValues);
      if (term.kind === "const") return term.value ? FALSE : TRUE;
      return term.kind === "not" ? term.term : { kind: "not", term };
    }
    case "const":
      return filter;
    case "condition":
      if (filter.op === "in" && filter.values.length > mostValues)
        throw new Fault("FILTER_TOO_LARGE", `one_of holds ${filter.values.length} values; ${mostValues} is the most`, {
          field: layout.entity.fields[filter.ordinal]?.name ?? "",
        });
      return foldTerm(layout, filter);
  }
}

function foldGroup(layout: EntityLayout, op: "and" | "or", terms: readonly Filter[], mostValues: number): Filter {
  const decides = op === "or"; // the constant that decides the whole
  const kept: Filter[] = [];
  for (const term of terms) {
    const folded = fold(layout, term, mostValues);
    if (folded.kind === "const") {
      if (folded.value === decides) return folded;
    } else if (folded.kind === "group" && folded.op === op) kept.push(...folded.terms);
    else kept.push(folded);
  }
  const [only] = kept;
  if (!only) return decides ? FALSE : TRUE;
  return kept.length === 1 ? only : { kind: "group", op, terms: kept };
}

function foldTerm(layout: EntityLayout, condition: Condition): Filter {
  const field = layout.entity.fields[condition.ordinal];
  const isNeverAbsent = field !== undefined && (!field.presence || layout.isKey.has(field.ordinal));
  switch (condition.op) {
    case "is_null":
      if (!isNeverAbsent) return condition;
      return condition.value ? FALSE : TRUE;
    case "starts_with":
    case "contains":
      if (condition.value !== "") return condition;
      return isNeverAbsent ? TRUE : { kind: "condition", op: "is_null", ordinal: condition.ordinal, value: false };
    case "in":
      return field?.type.kind === "timestamp" ? adaptMembers(layout, condition) : nonEmpty(condition);
    case "eq":
    case "ne":
    case "lt":
    case "lte":
    case "gt":
    case "gte":
      return field?.type.kind === "timestamp" ? adaptTime(layout, condition) : condition;
    case "has_any":
      return condition.values.length === 0 ? FALSE : condition;
    case "has_all":
      return condition.values.length === 0 ? TRUE : condition;
    case "is_empty":
      return condition;
  }
}

type Of<Op extends Condition["op"]> = Condition & { readonly op: Op };

function nonEmpty(condition: Of<"in">): Filter {
  const [only] = condition.values;
  if (only === undefined) return FALSE;
  return condition.values.length === 1
    ? { kind: "condition", op: "eq", ordinal: condition.ordinal, value: only }
    : condition;
}

/** Moments the store cannot hold equal no stored value. */
function adaptMembers(layout: EntityLayout, condition: Of<"in">): Filter {
  const values = condition.values.filter((value) => isKept(layout, value));
  return nonEmpty({ ...condition, values });
}

/** The operand is compared exactly with the stored value, which is a whole number of the store's steps. */
function adaptTime(layout: EntityLayout, condition: Of<Comparison>): Filter {
  if (typeof condition.value !== "bigint" || isKept(layout, condition.value)) return condition;
  const { ordinal } = condition;
  const value = truncateTime(condition.value, layout.precision);
  switch (condition.op) {
    case "eq":
      return FALSE;
    case "ne":
      return layout.isKey.has(ordinal) ? TRUE : { kind: "condition", op: "is_null", ordinal, value: false };
    case "lt":
    case "lte":
      return { kind: "condition", op: "lte", ordinal, value };
    case "gt":
    case "gte":
      return { kind: "condition", op: "gt", ordinal, value };
  }
}

function isKept(layout: EntityLayout, value: Value): boolean {
  return typeof value !== "bigint" || truncateTime(value, layout.precision) === value;
}
