/** A key or index as a sequence of rows, and the ranges of it that a filter bounds. */

import { comparatorOf } from "../../model/compare.ts";
import type { EntityModel, IndexModel, OrderTerm } from "../../model/entity.ts";
import type { Value } from "../../model/value.ts";
import type { Conjunct } from "./conjunct.ts";
import type { Bound, Range } from "../plan.ts";

export interface AccessPath {
  /** Absent for the key. */
  readonly index?: IndexModel;
  /** The complete order of its rows: declared terms, then what is left of the key. */
  readonly terms: readonly OrderTerm[];
  /** How many of the terms are declared; only these bound ranges. */
  readonly declared: number;
  /** How many leading terms are its partition; they must be given by value where the path is not one sequence. */
  readonly entry: number;
}

export function keyPath(entity: EntityModel): AccessPath {
  const terms = entity.key.map(({ ordinal, desc }) => ({ ordinal, desc }));
  return { terms, declared: terms.length, entry: entity.key.filter((part) => part.partition).length };
}

/** Rows equal in the index follow the key, in the direction of its last term. */
export function indexPath(entity: EntityModel, index: IndexModel, partition = 1): AccessPath {
  const terms = [...index.parts, ...keyTies(entity.key, index.parts)];
  return { index, terms, declared: index.parts.length, entry: partition };
}

/** What is left of the key behind an order, in the direction of the order's last term. */
export function keyTies(key: readonly OrderTerm[], order: readonly OrderTerm[]): readonly OrderTerm[] {
  const desc = order.at(-1)?.desc ?? false;
  return key
    .filter((part) => !order.some((term) => term.ordinal === part.ordinal))
    .map((part) => ({ ordinal: part.ordinal, desc: part.desc !== desc }));
}

export interface PathRanges {
  readonly ranges: readonly Range[];
  /** Leading terms with one value. */
  readonly fixed: number;
  /** Leading terms with several values, mixed among the fixed ones. */
  readonly multiValued: number;
  /** Their ordinals. */
  readonly multiValuedOrdinals: readonly number[];
  /** Whether the term behind them is bounded. */
  readonly bounds: boolean;
  /** Whether there is any value or bound at all. */
  readonly bounded: boolean;
  /** Conditions that the ranges say completely. */
  readonly used: ReadonlySet<Conjunct>;
}

/** Values on the leading terms, then at most one range on the next. `most` caps the product of `one_of`s. */
export function layRanges(
  path: AccessPath,
  entity: EntityModel,
  conjuncts: readonly Conjunct[],
  limits: { readonly ranges: (ordinal: number) => boolean; readonly most: number },
): PathRanges {
  const used = new Set<Conjunct>();
  const multiValuedOrdinals: number[] = [];
  let prefixes: readonly (readonly Value[])[] = [[]];
  let depth = 0;
  for (const term of path.terms.slice(0, path.declared)) {
    const step = valuesOf(entity, conjuncts, term);
    if (!step || prefixes.length * step.values.length > limits.most) break;
    used.add(step.conjunct);
    if (step.values.length > 1) multiValuedOrdinals.push(term.ordinal);
    prefixes = prefixes.flatMap((prefix) => step.values.map((value) => [...prefix, value]));
    depth += 1;
  }
  const next = depth < path.declared ? path.terms[depth] : undefined;
  const bounds = next && limits.ranges(next.ordinal) ? boundsOf(entity, conjuncts, next.ordinal) : undefined;
  for (const conjunct of bounds?.used ?? []) used.add(conjunct);
  return {
    ranges: prefixes.map((eq) => ({ eq, ...bounds?.range })),
    fixed: depth - multiValuedOrdinals.length,
    multiValued: multiValuedOrdinals.length,
    multiValuedOrdinals,
    bounds: bounds !== undefined,
    bounded: depth > 0 || bounds !== undefined,
    used,
  };
}

/** One value by eq, or several by one_of in the direction of the term, so that ranges follow each other as their rows do. */
function valuesOf(
  entity: EntityModel,
  conjuncts: readonly Conjunct[],
  term: OrderTerm,
): { readonly conjunct: Conjunct; readonly values: readonly Value[] } | undefined {
  for (const conjunct of conjuncts) {
    const { filter } = conjunct;
    if (filter.kind === "condition" && filter.op === "eq" && filter.ordinal === term.ordinal)
      return { conjunct, values: [filter.value] };
  }
  for (const conjunct of conjuncts) {
    const { filter } = conjunct;
    if (filter.kind === "condition" && filter.op === "in" && filter.ordinal === term.ordinal) {
      const compare = comparator(entity, term.ordinal);
      return { conjunct, values: filter.values.toSorted((a, b) => (term.desc ? compare(b, a) : compare(a, b))) };
    }
  }
  return undefined;
}

/** The first starts_with, or else the tightest of all bounds; undefined where there is neither. */
function boundsOf(
  entity: EntityModel,
  conjuncts: readonly Conjunct[],
  ordinal: number,
): { readonly range: Omit<Range, "eq">; readonly used: readonly Conjunct[] } | undefined {
  const compare = comparator(entity, ordinal);
  const used: Conjunct[] = [];
  let lower: Bound | undefined;
  let upper: Bound | undefined;
  for (const conjunct of conjuncts) {
    const { filter } = conjunct;
    if (filter.kind !== "condition" || filter.ordinal !== ordinal) continue;
    if (filter.op === "starts_with") return { range: { prefix: filter.value }, used: [conjunct] };
    if (filter.op === "gt" || filter.op === "gte")
      lower = tighter(lower, { value: filter.value, inclusive: filter.op === "gte" }, compare);
    else if (filter.op === "lt" || filter.op === "lte")
      upper = tighter(upper, { value: filter.value, inclusive: filter.op === "lte" }, (a, b) => compare(b, a));
    else continue;
    used.push(conjunct);
  }
  if (used.length === 0) return undefined;
  return { range: { ...(lower && { lower }), ...(upper && { upper }) }, used };
}

/** Of two lower bounds the higher one, at equal values the exclusive one; upper bounds come with their order turned around. */
function tighter(a: Bound | undefined, b: Bound, compare: (a: Value, b: Value) => number): Bound {
  if (!a) return b;
  const compared = compare(a.value, b.value);
  if (compared !== 0) return compared > 0 ? a : b;
  return a.inclusive ? b : a;
}

function comparator(entity: EntityModel, ordinal: number): (a: Value, b: Value) => number {
  const field = entity.fields[ordinal];
  if (!field) throw new TypeError(`${entity.name} has no field with ordinal ${ordinal}`);
  return comparatorOf(field.type);
}
