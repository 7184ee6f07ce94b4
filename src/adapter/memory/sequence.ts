/** The key or one index of a table: which rows are in it, how they lie, and how its ranges are walked. */

import { comparatorOf, compareText, orderComparator, type Comparator } from "../../model/compare.ts";
import type { EntityModel, IndexModel, OrderTerm } from "../../model/entity.ts";
import { keyText } from "../../model/key.ts";
import type { EntityRecord, Value } from "../../model/value.ts";
import { mergeOrdered, type Pull } from "../reading/merge.ts";
import { indexPath, keyPath } from "../planner/access-path.ts";
import type { Range } from "../plan.ts";
import { indexOrderOf } from "../planner/row-order.ts";
import { OrderedRows } from "./ordered-rows.ts";
import type { Profile } from "./profile.ts";

export interface Sequence {
  readonly index: IndexModel | undefined;
  /** Declared terms, then what is left of the key. */
  readonly terms: readonly OrderTerm[];
  readonly rows: OrderedRows;
  /** How the rows lie. */
  readonly compare: Comparator<EntityRecord>;
  /** Whether a row belongs here; sparse indexes leave out those that lack a value. */
  holds(row: EntityRecord): boolean;
  /** Below 0 where a row lies before the range, 0 in it, above 0 behind it. */
  place(range: Range): (row: EntityRecord) => number;
}

export function createSequence(entity: EntityModel, index: IndexModel | undefined, profile: Profile): Sequence {
  const { planner } = profile;
  const { terms, entry } = index ? indexPath(entity, index, indexOrderOf(planner, index).partition) : keyPath(entity);
  const ordered = orderComparator(entity.fields, terms);
  const order = index ? indexOrderOf(planner, index).order : planner.key;
  const spread = order === "total" ? 0 : entry;
  const compare = spread > 0 ? hashFirst(terms.slice(0, spread), ordered) : ordered;
  const sparse = index !== undefined && profile.sparse;
  return {
    index,
    terms,
    compare,
    rows: new OrderedRows(compare),
    holds: (row) => !sparse || index.parts.every((part) => row[part.ordinal] !== undefined),
    place: (range) => placeIn(entity, terms, range, spread),
  };
}

export interface SequenceRead {
  readonly ranges: readonly Range[];
  readonly reverse: boolean;
  /** Order of delivery: the rows of each range are in it, and ranges are merged by it. */
  readonly order: Comparator<EntityRecord>;
  /** A row, or as much of one as the order looks at; delivery begins behind it. */
  readonly after: EntityRecord | undefined;
}

/** Pulls the rows of all ranges. */
export function readSequence(sequence: Sequence, { ranges, reverse, order, after }: SequenceRead): Pull<EntityRecord> {
  const pulls = ranges.map((range) => {
    const place = sequence.place(range);
    const isDone = after === undefined ? () => false : (row: EntityRecord): boolean => order(row, after) <= 0;
    const pull = reverse
      ? sequence.rows.descend((row) => leads(place(row), !isDone(row)))
      : sequence.rows.ascend((row) => leads(place(row), isDone(row)));
    return (): EntityRecord | undefined => {
      const row = pull();
      return row !== undefined && place(row) === 0 ? row : undefined;
    };
  });
  const [only] = pulls;
  return only && pulls.length === 1 ? only : mergeOrdered(pulls, order);
}

/** Before the range always counts, within it only what is asked. */
function leads(place: number, within: boolean): boolean {
  return place < 0 || (place === 0 && within);
}

function placeIn(
  entity: EntityModel,
  terms: readonly OrderTerm[],
  range: Range,
  spread: number,
): (row: EntityRecord) => number {
  const eq = terms
    .slice(0, range.eq.length)
    .map((term, i) => placeOf(entity, term, (value, compare) => compare(value, range.eq[i] ?? value)));
  const next = terms[range.eq.length];
  const bounded = range.lower !== undefined || range.upper !== undefined || range.prefix !== undefined;
  const steps =
    next && bounded ? [...eq, placeOf(entity, next, (value, compare) => placeInBounds(value, compare, range))] : eq;
  const partition = terms.slice(0, spread);
  const isOnePartition = spread > 0 && range.eq.length >= spread;
  const hash = isOnePartition ? hashOf(range.eq.slice(0, spread)) : undefined;
  return (row) => {
    if (hash !== undefined) {
      const distance = partitionHash(partition, row) - hash;
      if (distance !== 0) return distance;
    }
    for (const step of steps) {
      const place = step(row);
      if (place !== 0) return place;
    }
    return 0;
  };
}

/** Absent values lie first in an ascending term and last in a descending one, and are never in a range. */
function placeOf(
  entity: EntityModel,
  term: OrderTerm,
  place: (value: Value, compare: Comparator<Value>) => number,
): (row: EntityRecord) => number {
  const field = entity.fields[term.ordinal];
  if (!field) throw new TypeError(`${entity.name} has no field with ordinal ${term.ordinal}`);
  const compare = comparatorOf(field.type);
  const sign = term.desc ? -1 : 1;
  return (row) => {
    const value = row[term.ordinal];
    return sign * (value === undefined ? -1 : place(value, compare));
  };
}

function placeInBounds(value: Value, compare: Comparator<Value>, { lower, upper, prefix }: Range): number {
  if (prefix !== undefined) {
    if (typeof value !== "string" || value.startsWith(prefix)) return 0;
    return compareText(value, prefix);
  }
  if (lower) {
    const compared = compare(value, lower.value);
    if (compared < 0 || (compared === 0 && !lower.inclusive)) return -1;
  }
  if (upper) {
    const compared = compare(value, upper.value);
    if (compared > 0 || (compared === 0 && !upper.inclusive)) return 1;
  }
  return 0;
}

/** Scatters rows by their partition, as stores that hash it do; rows of one partition stay together, in their order. */
function hashFirst(partition: readonly OrderTerm[], ordered: Comparator<EntityRecord>): Comparator<EntityRecord> {
  return (a, b) => partitionHash(partition, a) - partitionHash(partition, b) || ordered(a, b);
}

function partitionHash(partition: readonly OrderTerm[], row: EntityRecord): number {
  return hashOf(partition.map(({ ordinal }) => row[ordinal]));
}

/** FNV-1a, 32 bits. */
function hashOf(values: readonly (Value | undefined)[]): number {
  let hash = 0x811c9dc5;
  for (const value of values) {
    const text = value === undefined ? "" : keyText([value]);
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return hash >>> 0;
}
