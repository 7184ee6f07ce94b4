/** A plan made ready to run: its table, its ranges in SQL values, its order, its filter, and the columns it needs. */

import type { Visibility } from "../../model/query.ts";
import type { EntityRecord } from "../../model/value.ts";
import type { FieldSet } from "../adapter.ts";
import { pathOrder } from "../planner/planner.ts";
import type { Plan, Range } from "../plan.ts";
import type { SqlValue } from "./sql-value.ts";
import { filterSql } from "./filter.ts";
import { comparedBy, parameterFor } from "./column.ts";
import { afterPrefix } from "./ordered.ts";
import { bound, keptProjection, projectionOf, type Projection } from "./row.ts";
import type { Bounds, OrderColumn, OrderValues, KeyRange } from "./key-range.ts";
import { columnAt, type Table, type TableIndex } from "./table.ts";

export interface PreparedPlan {
  readonly table: Table;
  /** The index that serves it; absent for the key and for reading everything. */
  readonly index: TableIndex | undefined;
  readonly order: readonly OrderColumn[];
  /** After ORDER BY. */
  readonly orderBy: string;
  readonly ranges: readonly KeyRange[];
  /** Whether the ranges follow each other in the order, and need no merging. */
  readonly sequential: boolean;
  /** Absent where every row of the ranges counts. */
  readonly filter: PreparedFilter | undefined;
  readonly projection: Projection;
  /** The columns of the order alone. */
  readonly place: Projection;
}

export interface PreparedFilter {
  readonly sql: string;
  readonly parameters: readonly SqlValue[];
  /** Quoted columns it reads. */
  readonly columns: readonly string[];
  /** Whether it drops nothing but soft-deleted and expired rows. */
  readonly isVisibility: boolean;
}

export function preparePlan(table: Table, plan: Plan, fields: FieldSet, visible: Visibility): PreparedPlan {
  const { access } = plan;
  const terms = plan.order.length > 0 ? plan.order : pathOrder(table.entity, access);
  const order = terms.map(({ ordinal, desc }) => ({ column: columnAt(table.columns, ordinal), desc }));
  const ranges = access.kind === "full" ? [{ equal: [], next: undefined }] : rangesOf(table, plan, access.ranges);
  const index =
    access.kind === "index"
      ? table.indexes.find((candidate) => candidate.ordered && candidate.model?.name === access.index.name)
      : undefined;
  return {
    table,
    index,
    order,
    orderBy: order.map(({ column, desc }) => table.dialect.orderTerm(column, desc)).join(", "),
    ...inSequence(ranges, order),
    filter: prepareFilter(table, plan, visible),
    projection: projectionOf(
      table,
      fields,
      terms.map((term) => term.ordinal),
    ),
    place: placeOf(table, order),
  };
}

/** Every row of the path has the same position. */
export function orderValuesOf(path: PreparedPlan, record: EntityRecord): OrderValues {
  return path.order.map(({ column }) => bound(column, record[column.field.ordinal]));
}

function placeOf(table: Table, order: readonly OrderColumn[]): Projection {
  const name = `place ${order.map(({ column }) => column.field.ordinal).join()}`;
  return keptProjection(table, name, () => makePlace(table, order));
}

function makePlace(table: Table, order: readonly OrderColumn[]): Projection {
  const columns = order.map(({ column }) => column);
  const size = table.columns.length;
  return {
    columns: columns.map((column) => column.sql).join(", "),
    ordinals: columns.map((column) => column.field.ordinal),
    wide: true,
    decode: (row) => {
      const record: EntityRecord[number][] = Array.from({ length: size }, () => undefined);
      for (const [i, column] of columns.entries()) {
        const stored = row[i] ?? null;
        record[column.field.ordinal] = stored === null ? column.absent : column.read(stored);
      }
      return record;
    },
  };
}

function rangesOf(table: Table, plan: Plan, ranges: readonly Range[]): readonly KeyRange[] {
  const columns = pathOrder(table.entity, plan.access).map((term) => columnAt(table.columns, term.ordinal));
  return ranges.map((range) => {
    const equal = range.eq.map((value, i) => {
      const column = columns[i];
      if (!column) throw new TypeError(`a range of ${table.name} has more values than columns`);
      return { column, value: column.bind(value) };
    });
    const column = columns[range.eq.length];
    return { equal, next: column && boundsOf(column, range) };
  });
}

function boundsOf(column: OrderColumn["column"], range: Range): Bounds | undefined {
  if (range.prefix !== undefined) {
    const after = afterPrefix(range.prefix);
    return {
      column,
      lower: { value: boundText(column, range.prefix), inclusive: true },
      ...(after !== undefined && { upper: { value: boundText(column, after), inclusive: false } }),
      nulls: "without",
    };
  }
  if (!range.lower && !range.upper) return undefined;
  const at = (side: Range["lower"]): Bounds["lower"] => {
    const value = side && column.bind(side.value);
    return value === undefined || value === null ? undefined : { value, inclusive: side?.inclusive === true };
  };
  const lower = at(range.lower);
  const upper = at(range.upper);
  return { column, ...(lower && { lower }), ...(upper && { upper }), nulls: "without" };
}

function boundText(column: OrderColumn["column"], text: string): NonNullable<SqlValue> {
  return column.bind(text) ?? text;
}

/** Ranges whose differing values lead the order follow each other, and are put in that order. */
function inSequence(
  ranges: readonly KeyRange[],
  order: readonly OrderColumn[],
): Pick<PreparedPlan, "ranges" | "sequential"> {
  const [first] = ranges;
  if (!first || ranges.length === 1) return { ranges, sequential: true };
  const isFixed = (column: OrderColumn["column"]): boolean => first.equal.some((part) => part.column === column);
  const free = order.findIndex(({ column }) => !isFixed(column));
  const leading = free < 0 ? order : order.slice(0, free);
  const compare = (a: KeyRange, b: KeyRange): number => {
    for (const { column, desc } of leading) {
      const compared = column.compare(valueIn(a, column), valueIn(b, column));
      if (compared !== 0) return desc ? -compared : compared;
    }
    return 0;
  };
  const sorted = ranges.toSorted(compare);
  const sequential = sorted.every((range, i) => {
    const before = sorted[i - 1];
    return !before || compare(before, range) < 0;
  });
  return { ranges: sorted, sequential };
}

function valueIn(range: KeyRange, column: OrderColumn["column"]): SqlValue {
  return range.equal.find((part) => part.column === column)?.value ?? null;
}

function prepareFilter(table: Table, plan: Plan, visible: Visibility): PreparedFilter | undefined {
  const parameters: SqlValue[] = [];
  const columns = new Set<string>();
  const tests: string[] = [];
  if (plan.pushed) {
    tests.push(
      filterSql(plan.pushed, {
        dialect: table.dialect,
        column: (ordinal) => {
          const column = columnAt(table.columns, ordinal);
          columns.add(column.sql);
          return { ...column, ...comparedBy(table.dialect, column), type: column.field.type };
        },
        parameter: (value, column) => {
          parameters.push(value);
          return parameterFor(table.dialect, column ?? {});
        },
      }),
    );
  }
  const { deletedAt, expiresAt } = table.entity.managed;
  if (deletedAt !== undefined && !visible.deleted) {
    const { sql } = columnAt(table.columns, deletedAt);
    columns.add(sql);
    tests.push(`${sql} IS NULL`);
  }
  if (expiresAt !== undefined) {
    const { sql, bind } = columnAt(table.columns, expiresAt);
    columns.add(sql);
    tests.push(`(${sql} IS NULL OR ${sql} > ${table.dialect.parameter})`);
    parameters.push(bind(visible.now));
  }
  if (tests.length === 0) return undefined;
  return { sql: tests.join(" AND "), parameters, columns: [...columns], isVisibility: plan.pushed === undefined };
}
