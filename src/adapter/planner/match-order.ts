/** Whether a path delivers the order that is asked, forwards or backwards, and the complete order its rows then come in. */

import type { OrderTerm } from "../../model/entity.ts";
import { keyTies, type AccessPath, type PathRanges } from "./access-path.ts";

export interface OrderRequest {
  readonly path: AccessPath;
  readonly laid: PathRanges;
  readonly asked: readonly OrderTerm[];
  /** Fields with one value in all rows of the filter: they order nothing. */
  readonly constant: ReadonlySet<number>;
  readonly key: readonly OrderTerm[];
}

export interface OrderMatch {
  readonly ordered: boolean;
  /** Total over the rows of the ranges. */
  readonly order: readonly OrderTerm[];
  readonly reverse: boolean;
  /** Whether ties follow the key in the direction of the last term asked. */
  readonly tiesAsAsked: boolean;
}

/** Forwards first; backwards where only that fits, or where only that gives the asked ties. */
export function matchOrder(request: OrderRequest): OrderMatch {
  const forwards = matchDirection(request, false);
  if (request.asked.length === 0 || forwards?.tiesAsAsked) return forwards ?? unordered(request);
  const backwards = matchDirection(request, true);
  if (backwards?.tiesAsAsked) return backwards;
  return forwards ?? backwards ?? unordered(request);
}

/** Rows come as the path lies, whatever was asked. */
function unordered(request: OrderRequest): OrderMatch {
  const natural = matchDirection({ ...request, asked: [] }, false);
  return { ordered: false, order: natural?.order ?? [], reverse: false, tiesAsAsked: false };
}

/**
 * Within each range the leading terms have one value, so the terms behind them are its order; a leading term with
 * several values may be anywhere in the order of the merged ranges.
 */
function matchDirection({ path, laid, asked, constant, key }: OrderRequest, reverse: boolean): OrderMatch | undefined {
  const depth = laid.fixed + laid.multiValued;
  const isMultiValued = (term: OrderTerm): boolean => laid.multiValuedOrdinals.includes(term.ordinal);
  const multiValued = path.terms
    .slice(0, depth)
    .filter(isMultiValued)
    .map((term) => directed(term, reverse));
  const inRange = path.terms.slice(depth).map((term) => directed(term, reverse));
  const order: OrderTerm[] = [];
  for (const term of asked.length === 0 ? multiValued : asked.filter(({ ordinal }) => !constant.has(ordinal))) {
    if (!isMultiValued(term)) {
      passConstants(inRange, constant, order);
      const found = inRange.shift();
      if (!found && key.every((part) => !isMultiValued(part) || isIn(order, part))) break; // no two rows are left to distinguish
      if (found?.ordinal !== term.ordinal || found.desc !== term.desc) return undefined;
    }
    order.push(term);
  }
  for (const term of [...inRange, ...multiValued]) if (!isIn(order, term)) order.push(term);
  return { ordered: true, order, reverse, tiesAsAsked: tiesFollow(order, { asked, constant, key }) };
}

/** Moves the leading terms that order nothing: they stay in the order, which must also distinguish rows the filter drops. */
function passConstants(inRange: OrderTerm[], constant: ReadonlySet<number>, order: OrderTerm[]): void {
  for (let next = inRange[0]; next && constant.has(next.ordinal); next = inRange[0]) {
    order.push(next);
    inRange.shift();
  }
}

function isIn(order: readonly OrderTerm[], term: OrderTerm): boolean {
  return order.some((done) => done.ordinal === term.ordinal);
}

function directed(term: OrderTerm, reverse: boolean): OrderTerm {
  return reverse ? { ordinal: term.ordinal, desc: !term.desc } : term;
}

function tiesFollow(order: readonly OrderTerm[], request: Pick<OrderRequest, "asked" | "constant" | "key">): boolean {
  const { asked, constant, key } = request;
  const ideal = [...asked, ...keyTies(key, asked)].filter((term) => !constant.has(term.ordinal));
  const actual = order.filter((term) => !constant.has(term.ordinal));
  return ideal.every((term, i) => actual[i]?.ordinal === term.ordinal && actual[i].desc === term.desc);
}
