/**
 * A plan's ranges as stretches of the table: what one SELECT can read from its begin to its end, in the order of the table. And
 * what is left of them behind a row.
 */

import { comparatorOf } from "../../../model/compare.ts";
import type { EntityModel, OrderTerm } from "../../../model/entity.ts";
import type { EntityRecord, Value } from "../../../model/value.ts";
import { keyPath } from "../../planner/access-path.ts";
import { cutBehind, piecesOf } from "../../reading/behind.ts";
import type { Bound, Plan, Range, Segment } from "../../plan.ts";
import { afterPrefix } from "../../sql/ordered.ts";
import type { CqlValue } from "../cluster/driver.ts";
import { columnAt, type CqlColumn, type CqlTable } from "../tables/table.ts";

/** Conditions of one SELECT. */
export interface Stretch {
  readonly equal: readonly Fixed[];
  readonly bounds: readonly Limit[];
  /** Only partitions behind this one in the order of their tokens. */
  readonly behind?: readonly Value[];
  /** Only partitions of this part of all tokens. */
  readonly segment?: Segment;
}

interface Fixed {
  readonly ordinal: number;
  readonly value: Value;
}

interface Limit {
  readonly ordinal: number;
  readonly lower?: Bound;
  readonly upper?: Bound;
}

/** The whole plan, each of its ranges for itself, in order. */
export function stretchesOf(plan: Plan): readonly Stretch[] {
  const { access, entity, segment } = plan;
  if (access.kind === "full") return [{ equal: [], bounds: [], ...(segment && { segment }) }];
  const terms = access.kind === "index" ? access.index.parts : keyPath(entity).terms;
  return access.ranges.map((range) => stretchOf(terms, range));
}

function stretchOf(terms: readonly OrderTerm[], range: Range): Stretch {
  const equal = range.eq.map((value, i) => ({ ordinal: ordinalAt(terms, i), value }));
  const limit = limitOf(range);
  if (!limit) return { equal, bounds: [] };
  return { equal, bounds: [{ ordinal: ordinalAt(terms, range.eq.length), ...limit }] };
}

function limitOf({ lower, upper, prefix }: Range): Omit<Limit, "ordinal"> | undefined {
  if (prefix !== undefined) {
    const end = afterPrefix(prefix);
    return {
      lower: { value: prefix, inclusive: true },
      ...(end !== undefined && { upper: { value: end, inclusive: false } }),
    };
  }
  if (!lower && !upper) return undefined;
  return { ...(lower && { lower }), ...(upper && { upper }) };
}

function ordinalAt(terms: readonly OrderTerm[], i: number): number {
  const term = terms[i];
  if (!term) throw new TypeError("a range has more values than its path has fields");
  return term.ordinal;
}

/**
 * What is left of one range behind a row of it, in the order of the table: the rest of the row's partition, then the partitions behind
 * it, unless the range is within one.
 *
 * @param reverse whether the partition is read backwards
 */
export function restBehind(
  { entity }: CqlTable,
  whole: Stretch,
  row: EntityRecord,
  reverse: boolean,
): readonly Stretch[] {
  const partition = entity.key.filter((part) => part.partition);
  const fixed = partition.map(({ ordinal }) => ({ ordinal, value: valueAt(row, ordinal) }));
  const { segment: _, ...ofAny } = whole; // the row's partition lies in it
  const inside = restOfPartition(entity, withFixed(ofAny, fixed), row, reverse);
  const isWithinOne = partition.every(({ ordinal }) => whole.equal.some((each) => each.ordinal === ordinal));
  if (isWithinOne) return inside;
  return [...inside, { ...whole, behind: fixed.map(({ value }) => value) }];
}

function restOfPartition(entity: EntityModel, whole: Stretch, row: EntityRecord, reverse: boolean): readonly Stretch[] {
  const clustering = entity.key.filter((part) => !part.partition);
  const order = clustering.map(({ ordinal, desc }) => ({ ordinal, desc: desc !== reverse }));
  return stretchesBehind(entity, whole, order, row);
}

/** What of one partition's range comes behind a row, which may be of another range, in an order that its rows are read in. */
export function stretchesBehind(
  entity: EntityModel,
  whole: Stretch,
  order: readonly OrderTerm[],
  row: EntityRecord,
): readonly Stretch[] {
  const cut = cutBehind(order, ({ ordinal, desc }) => {
    const fixed = whole.equal.find((each) => each.ordinal === ordinal);
    const type = entity.fields[ordinal]?.type;
    return fixed && type && comparatorOf(type)(fixed.value, valueAt(row, ordinal)) * (desc ? -1 : 1);
  });
  return piecesOf(cut).map(({ equal, beyond }) => {
    const inside = withFixed(
      whole,
      equal.map(({ ordinal }) => ({ ordinal, value: valueAt(row, ordinal) })),
    );
    if (!beyond) return inside;
    const at: Bound = { value: valueAt(row, beyond.ordinal), inclusive: false };
    const limit: Limit = { ordinal: beyond.ordinal, ...(beyond.desc ? { upper: at } : { lower: at }) };
    return withLimit(entity, inside, limit);
  });
}

/** Bounds of a field that has got a value say nothing more: the value is a row's that lies within them. */
function withFixed(whole: Stretch, fixed: readonly Fixed[]): Stretch {
  const more = fixed.filter(({ ordinal }) => !whole.equal.some((each) => each.ordinal === ordinal));
  const bounds = whole.bounds.filter(({ ordinal }) => !fixed.some((each) => each.ordinal === ordinal));
  return { ...whole, equal: [...whole.equal, ...more], bounds };
}

function withLimit(entity: EntityModel, stretch: Stretch, limit: Limit): Stretch {
  const own = stretch.bounds.find(({ ordinal }) => ordinal === limit.ordinal);
  const bounds = stretch.bounds.filter((each) => each !== own);
  return { ...stretch, bounds: [...bounds, own ? tightest(entity, own, limit) : limit] };
}

function tightest({ fields }: EntityModel, a: Limit, b: Limit): Limit {
  const field = fields[a.ordinal];
  if (!field) throw new TypeError("a bound on no field");
  const compare = comparatorOf(field.type);
  const pick = (x: Bound | undefined, y: Bound | undefined, sign: number): Bound | undefined => {
    if (!x || !y) return x ?? y;
    const compared = sign * compare(x.value, y.value);
    if (compared !== 0) return compared > 0 ? x : y;
    return x.inclusive ? y : x;
  };
  const lower = pick(a.lower, b.lower, 1);
  const upper = pick(a.upper, b.upper, -1);
  return { ordinal: a.ordinal, ...(lower && { lower }), ...(upper && { upper }) };
}

/** Whether a row lies in the range, by the values that the range fixes. */
export function holds({ fields }: EntityModel, { equal }: Stretch, row: EntityRecord): boolean {
  return equal.every(({ ordinal, value }) => {
    const field = fields[ordinal];
    const own = row[ordinal];
    return field !== undefined && own !== undefined && comparatorOf(field.type)(own, value) === 0;
  });
}

function valueAt(row: EntityRecord, ordinal: number): Value {
  const value = row[ordinal];
  if (value === undefined) throw new TypeError("a cursor's row lacks a key field");
  return value;
}

/** Tokens are whole numbers from −2⁶³ to 2⁶³ − 1. */
const LEAST_TOKEN = -(2n ** 63n);
const TOKENS = 2n ** 64n;

/** Bounds of equal parts of all tokens, whichever hosts have them; undefined where there is none. */
function tokensOf({ index, of }: Segment): { readonly after: bigint | undefined; readonly last: bigint | undefined } {
  const begin = (part: number): bigint => LEAST_TOKEN + (TOKENS * BigInt(part)) / BigInt(of);
  return { after: index === 0 ? undefined : begin(index), last: index === of - 1 ? undefined : begin(index + 1) };
}

/** The text behind WHERE, empty where there is none; its parameters are added in its order. */
export function whereText(
  table: CqlTable,
  { equal, bounds, behind, segment }: Stretch,
  parameters: CqlValue[],
): string {
  const tests: string[] = [];
  const test = ({ sql, bind }: CqlColumn, operator: string, value: Value): void => {
    tests.push(`${sql} ${operator} ?`);
    parameters.push(bind(value));
  };
  for (const { ordinal, value } of equal) test(columnAt(table.columns, ordinal), "=", value);
  for (const { ordinal, lower, upper } of bounds) {
    const column = columnAt(table.columns, ordinal);
    if (lower) test(column, lower.inclusive ? ">=" : ">", lower.value);
    if (upper) test(column, upper.inclusive ? "<=" : "<", upper.value);
  }
  const columns = table.partition.map(({ sql }) => sql).join(", ");
  const tokens = segment && tokensOf(segment);
  for (const [operator, token] of [
    [">", behind ? undefined : tokens?.after], // what is behind a row of the segment is behind its begin
    ["<=", tokens?.last],
  ] as const) {
    if (token === undefined) continue;
    tests.push(`token(${columns}) ${operator} ?`);
    parameters.push(token);
  }
  if (behind) {
    tests.push(`token(${columns}) > token(${table.partition.map(() => "?").join(", ")})`);
    for (const [i, column] of table.partition.entries()) {
      const value = behind[i];
      if (value !== undefined) parameters.push(column.bind(value));
    }
  }
  return tests.join(" AND ");
}
