/**
 * The planner of stores that keep keys and indexes in an order: takes a filter apart into the conditions that all must
 * hold, lays them on the key and on every index, and chooses the path that serves the query best (DESIGN section 5.4).
 */

import type { Condition, Filter } from "../../model/filter.ts";
import type { EntityModel, IndexModel, OrderTerm } from "../../model/entity.ts";
import type { Query } from "../../model/query.ts";
import { collectConjuncts, fixedOrdinals, impliesPresence, type Conjunct } from "./conjunct.ts";
import { shapeOf, type KnownPaths } from "./known-paths.ts";
import { matchOrder } from "./match-order.ts";
import { indexPath, keyPath, layRanges, type AccessPath, type PathRanges } from "./access-path.ts";
import type { Access, Plan } from "../plan.ts";
import { indexOrderOf, type RowOrders } from "./row-order.ts";
import { missingIndex } from "./missing-index.ts";

/** What a store says of itself, so that one planner serves several. */
export interface OrderedStore extends RowOrders {
  /** Whether the store evaluates a condition by itself on the rows of an access path. */
  pushes(condition: Condition): boolean;
  /** Whether reads may go through this index; all where it is left out. */
  serves?(index: IndexModel): boolean;
  /** Whether lt, lte, gt, gte and starts_with on this field narrow an index; always, with `range`, where it is left out. */
  bounds?(index: IndexModel, ordinal: number): boolean;
}

/** Most ranges that `one_of` may become. */
export const MOST_RANGES = 100;

/** A path with the query laid on it, before the best is chosen. */
interface Candidate {
  readonly path: AccessPath;
  readonly laid: PathRanges;
  readonly needsScan: boolean;
  readonly ordered: boolean;
  readonly order: readonly OrderTerm[];
  readonly reverse: boolean;
  readonly tiesAsAsked: boolean;
  /** Conditions the ranges do not say. */
  readonly left: readonly Conjunct[];
}

/**
 * Pure. The plan's filter is never weaker than the query's: ranges, pushed and residual together say all of it.
 *
 * @param known of the same store; without it the path is chosen anew for each query
 */
export function planOrdered(query: Query, store: OrderedStore, known?: KnownPaths): Plan {
  const { entity } = query;
  const conjuncts = collectConjuncts(query.where);
  const shape = known ? shapeOf(query) : "";
  const found = known?.of(entity, shape);
  if (found) return planOf({ ...found, ...layConjuncts(found.path, query, conjuncts, store) }, query, conjuncts, store);
  const best = bestPath(query, conjuncts, store);
  if (!best) return fullPlan(query, conjuncts, store);
  const { path, needsScan, ordered, order, reverse, tiesAsAsked } = best;
  known?.keep(entity, shape, { path, needsScan, ordered, order, reverse, tiesAsAsked });
  return planOf(best, query, conjuncts, store);
}

function bestPath(query: Query, conjuncts: readonly Conjunct[], store: OrderedStore): Candidate | undefined {
  const { entity } = query;
  const paths = [
    keyPath(entity),
    ...entity.indexes
      .filter((index) => store.serves?.(index) ?? true)
      .map((index) => indexPath(entity, index, indexOrderOf(store, index).partition)),
  ];
  const candidates = paths.flatMap((path) => layOn(path, query, conjuncts, store) ?? []);
  return candidates.reduce<Candidate | undefined>((so, next) => (so && !isBetter(next, so) ? so : next), undefined);
}

/** Undefined where the path cannot be entered at all. */
function layOn(
  path: AccessPath,
  query: Query,
  conjuncts: readonly Conjunct[],
  store: OrderedStore,
): Candidate | undefined {
  const sparse = path.index !== undefined && !store.absentInIndex;
  if (
    sparse &&
    !path.terms.slice(0, path.declared).every((term) => impliesPresence(query.entity, conjuncts, term.ordinal))
  )
    return undefined;
  const { index } = path;
  const { laid, left } = layConjuncts(path, query, conjuncts, store);
  const order = index ? indexOrderOf(store, index).order : store.key;
  if (order !== "total" && laid.fixed + laid.multiValued < path.entry) return undefined;
  if (order === "none" && index && !laid.bounded) return undefined; // it has no end to begin at
  const constant = fixedOrdinals(conjuncts);
  const match =
    order === "total" || (order === "partition" && isOnePartition(path, laid))
      ? matchOrder({ path, laid, asked: query.order, constant, key: query.entity.key })
      : {
          ordered: query.order.every((term) => constant.has(term.ordinal)) || coversKey(path, laid),
          order: [],
          reverse: false,
          tiesAsAsked: false,
        };
  const needsScan = !match.ordered || (!laid.bounded && left.length > 0);
  return { path, laid, needsScan, left, ...match };
}

/** What the values of a query make of a path. */
function layConjuncts(
  path: AccessPath,
  { entity }: Query,
  conjuncts: readonly Conjunct[],
  store: OrderedStore,
): Pick<Candidate, "laid" | "left"> {
  const { index } = path;
  const sparse = index !== undefined && !store.absentInIndex;
  const ranges = (ordinal: number): boolean =>
    store.range && (index === undefined || (store.bounds?.(index, ordinal) ?? true));
  const laid = layRanges(path, entity, conjuncts, { ranges, most: MOST_RANGES });
  const left = conjuncts.filter((conjunct) => !laid.used.has(conjunct) && !(sparse && saysPresenceOf(path, conjunct)));
  return { laid, left };
}

/** Whether every partition field has one value: only then do the rows lie in one sequence. */
function isOnePartition(path: AccessPath, laid: PathRanges): boolean {
  return path.terms.slice(0, path.entry).every((term) => !laid.multiValuedOrdinals.includes(term.ordinal));
}

/** `is_null: false` on a field of a sparse index is what the index says by itself. */
function saysPresenceOf(path: AccessPath, { filter }: Conjunct): boolean {
  return (
    filter.kind === "condition" &&
    filter.op === "is_null" &&
    !filter.value &&
    path.terms.slice(0, path.declared).some((term) => term.ordinal === filter.ordinal)
  );
}

/** At most one row is in such a range, so every order is kept. */
function coversKey(path: AccessPath, laid: PathRanges): boolean {
  return !path.index && laid.multiValued === 0 && laid.fixed === path.declared;
}

/** Without a scan first, then in order, then the narrowest. */
function isBetter(a: Candidate, b: Candidate): boolean {
  const left = scores(a);
  const right = scores(b);
  for (const [i, score] of left.entries()) {
    const other = right[i] ?? 0;
    if (score !== other) return score > other;
  }
  return false;
}

function scores(candidate: Candidate): readonly number[] {
  const { laid, path } = candidate;
  const whole = laid.fixed === path.declared && (!path.index || path.index.unique);
  return [
    Number(!candidate.needsScan),
    Number(candidate.ordered),
    Number(whole),
    laid.fixed + laid.multiValued,
    Number(laid.bounds),
    Number(candidate.tiesAsAsked),
    -laid.ranges.length,
  ];
}

function planOf(best: Candidate, query: Query, conjuncts: readonly Conjunct[], store: OrderedStore): Plan {
  const { entity } = query;
  const missing = best.needsScan ? missingIndex(entity, conjuncts, query.order) : undefined;
  return {
    entity,
    access: accessOf(best),
    ...splitFilter(best.left, store),
    needsScan: best.needsScan,
    ordered: best.ordered,
    order: best.order,
    ...(missing !== undefined && { wanted: missing }),
  };
}

function accessOf({ path, laid, reverse }: Candidate): Access {
  if (path.index) return { kind: "index", index: path.index, ranges: laid.ranges, reverse };
  if (!laid.bounded && !reverse) return { kind: "full" };
  return { kind: "key", ranges: laid.ranges, reverse };
}

/** For stores without an order of the key, where nothing can be entered. */
function fullPlan(query: Query, conjuncts: readonly Conjunct[], store: OrderedStore): Plan {
  const { entity, order } = query;
  const constant = fixedOrdinals(conjuncts);
  const ordered = order.every((term) => constant.has(term.ordinal));
  const needsScan = !ordered || conjuncts.length > 0;
  const missing = needsScan ? missingIndex(entity, conjuncts, order) : undefined;
  return {
    entity,
    access: { kind: "full" },
    ...splitFilter(conjuncts, store),
    needsScan,
    ordered,
    order: [],
    ...(missing !== undefined && { wanted: missing }),
  };
}

function splitFilter(left: readonly Conjunct[], store: OrderedStore): Pick<Plan, "pushed" | "residual"> {
  const pushed = together(left.filter(({ filter }) => isPushed(filter, store)));
  const residual = together(left.filter(({ filter }) => !isPushed(filter, store)));
  return { ...(pushed && { pushed }), ...(residual && { residual }) };
}

function isPushed(filter: Filter, store: OrderedStore): boolean {
  switch (filter.kind) {
    case "group":
      return filter.terms.every((term) => isPushed(term, store));
    case "not":
      return isPushed(filter.term, store);
    case "const":
      return false;
    case "condition":
      return store.pushes(filter);
  }
}

function together(conjuncts: readonly Conjunct[]): Filter | undefined {
  const [first] = conjuncts;
  if (!first || conjuncts.length === 1) return first?.filter;
  return { kind: "group", op: "and", terms: conjuncts.map(({ filter }) => filter) };
}

/** Whether a plan's ranges bound the work at all. */
export function isBounded(plan: Plan): boolean {
  const { access } = plan;
  return (
    access.kind !== "full" &&
    access.ranges.every(
      (range) =>
        range.eq.length > 0 || range.lower !== undefined || range.upper !== undefined || range.prefix !== undefined,
    )
  );
}

/** The order rows of an access path lie in, ties included, when it is read forwards. */
export function pathOrder(entity: EntityModel, access: Access): readonly OrderTerm[] {
  return (access.kind === "index" ? indexPath(entity, access.index) : keyPath(entity)).terms;
}
