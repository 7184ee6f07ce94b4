/**
 * What is left of a range behind a position, as pieces that each are one contiguous part of the key or index, in order.
 * Row values (`(a, b) > (?, ?)`) would say it in one statement, but only without NULLs and in one direction.
 */

import { cutBehind, piecesOf } from "../reading/behind.ts";
import { comparedBy, equalSql } from "./column.ts";
import type { Column } from "./storage.ts";
import type { Dialect } from "./dialect.ts";
import type { SqlValue } from "./sql-value.ts";

/** One column of an order. */
export interface OrderColumn {
  readonly column: Column;
  readonly desc: boolean;
}

export interface SqlBound {
  readonly value: NonNullable<SqlValue>;
  readonly inclusive: boolean;
}

/** Rows with these values, and on the next column these bounds. */
export interface KeyRange {
  readonly equal: readonly { readonly column: Column; readonly value: SqlValue }[];
  readonly next: Bounds | undefined;
}

export interface Bounds {
  readonly column: Column;
  readonly lower?: SqlBound;
  readonly upper?: SqlBound;
  /** Whether rows where the column is NULL belong to it, or are all that does. */
  readonly nulls: "without" | "only";
}

/** Values of a plan's order at a row, by term. */
export type OrderValues = readonly SqlValue[];

/**
 * The pieces of `range` behind `position`, in order.
 *
 * @param order the plan's complete order; columns the range fixes may be anywhere in it, the others follow the path
 */
export function rangesAfter(range: KeyRange, order: readonly OrderColumn[], position: OrderValues): KeyRange[] {
  const fixed = new Map(range.equal.map(({ column, value }) => [column, value]));
  const at = new Map(order.map(({ column }, i) => [column, position[i] ?? null]));
  const cut = cutBehind(order, ({ column, desc }) => {
    const value = fixed.get(column);
    const compared = value === undefined ? undefined : column.compare(value, at.get(column) ?? null);
    return compared === undefined || !desc ? compared : -compared;
  });
  return piecesOf(cut).flatMap(({ equal: open, beyond }) => {
    const more = open.map(({ column }) => ({ column, value: at.get(column) ?? null }));
    if (more.some(({ column, value }) => range.next?.column === column && !isWithin(range.next, value))) return [];
    const equal = [...range.equal, ...more];
    if (!beyond) return [{ equal, next: stillBounded(range, equal) }];
    const own = range.next?.column === beyond.column ? range.next : undefined;
    return behind(beyond, at.get(beyond.column) ?? null, own).map((next) => ({ equal, next }));
  });
}

/** The range's bounds, unless the column has got a value. */
function stillBounded(range: KeyRange, equal: KeyRange["equal"]): Bounds | undefined {
  return equal.some(({ column }) => column === range.next?.column) ? undefined : range.next;
}

/** NULL sorts first ascending and last descending. */
function behind({ column, desc }: OrderColumn, at: SqlValue, own: Bounds | undefined): Bounds[] {
  if (!desc) {
    if (own?.nulls === "only") return [];
    if (at === null) return [{ column, ...limits(own?.lower, own?.upper), nulls: "without" }];
    const lower = tighterLower(column, own?.lower, { value: at, inclusive: false });
    return [{ column, ...limits(lower, own?.upper), nulls: "without" }];
  }
  if (at === null) return [];
  const nulls: Bounds[] = !column.notNull && (!own || own.nulls === "only") ? [{ column, nulls: "only" }] : [];
  if (own?.nulls === "only") return nulls;
  const upper = tighterUpper(column, own?.upper, { value: at, inclusive: false });
  return [{ column, ...limits(own?.lower, upper), nulls: "without" }, ...nulls];
}

function limits(lower: SqlBound | undefined, upper: SqlBound | undefined): Pick<Bounds, "lower" | "upper"> {
  return { ...(lower && { lower }), ...(upper && { upper }) };
}

function tighterLower({ compare }: Column, a: SqlBound | undefined, b: SqlBound): SqlBound {
  return a && compare(a.value, b.value) > 0 ? a : b;
}

function tighterUpper({ compare }: Column, a: SqlBound | undefined, b: SqlBound): SqlBound {
  return a && compare(a.value, b.value) < 0 ? a : b;
}

function isWithin(bounds: Bounds, value: SqlValue): boolean {
  if (bounds.nulls === "only") return value === null;
  if (value === null) return false;
  const { lower, upper } = bounds;
  const { compare } = bounds.column;
  if (lower && compare(value, lower.value) < Number(!lower.inclusive)) return false;
  return !upper || compare(value, upper.value) <= -Number(!upper.inclusive);
}

/** The condition for WHERE; its parameters are added to `parameters` in the order of the text. */
export function rangeSql(dialect: Dialect, { equal, next }: KeyRange, parameters: SqlValue[]): string {
  const tests = equal.map(({ column, value }) => {
    if (value === null) return `${column.sql} IS NULL`;
    return equalSql(dialect, column, value, parameters);
  });
  if (next) tests.push(...boundsSql(dialect, next, parameters));
  return tests.length === 0 ? "TRUE" : tests.join(" AND ");
}

function boundsSql(dialect: Dialect, { column, lower, upper, nulls }: Bounds, parameters: SqlValue[]): string[] {
  if (nulls === "only") return [`${column.sql} IS NULL`];
  const tests: string[] = [];
  const { sql, parameter } = comparedBy(dialect, column);
  if (lower) {
    parameters.push(lower.value);
    tests.push(`${sql} ${lower.inclusive ? ">=" : ">"} ${parameter}`);
  }
  if (upper) {
    parameters.push(upper.value);
    tests.push(`${sql} ${upper.inclusive ? "<=" : "<"} ${parameter}`);
  }
  if (tests.length === 0 && !column.notNull) tests.push(dialect.hasValue(column));
  return tests;
}
