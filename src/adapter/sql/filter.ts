/**
 * Filters as SQL. Conditions are written plain, so that indexes serve them; they are unknown (NULL) on absent columns,
 * which WHERE takes as false, and `not` makes its term two-valued first. Shares no code with `model/evaluate.ts`, which
 * the tests hold against it.
 */

import type { FieldType } from "../../model/field.ts";
import type { Comparison, Condition, Filter } from "../../model/filter.ts";
import type { MapKey, Value } from "../../model/value.ts";
import type { Dialect } from "./dialect.ts";
import type { SqlValue } from "./sql-value.ts";
import { mapKeyText } from "../document/document.ts";

/** What the compiler must know of a column. */
export interface FilterColumn {
  /** Quoted, qualified where needed. */
  readonly sql: string;
  readonly type: FieldType;
  readonly bind: (value: Value) => SqlValue;
  /** As `Storage.parameter`. */
  readonly parameter?: string;
}

export interface FilterTarget {
  readonly dialect: Dialect;
  column(ordinal: number): FilterColumn;
  /** Takes the value's parameter; answers its text, which is a bare place or the column's. */
  parameter(value: SqlValue, column?: FilterColumn): string;
}

const OPERATORS: { readonly [Op in Comparison]: string } = {
  eq: "=",
  ne: "<>",
  lt: "<",
  lte: "<=",
  gt: ">",
  gte: ">=",
};

/** A condition for WHERE; parameters are taken in the order of the text. */
export function filterSql(filter: Filter, target: FilterTarget): string {
  switch (filter.kind) {
    case "group":
      return filter.op === "and"
        ? joined(filter.terms, " AND ", "TRUE", target)
        : joined(filter.terms, " OR ", "FALSE", target);
    case "not":
      return target.dialect.isNotTrue(filterSql(filter.term, target));
    case "const":
      return filter.value ? "TRUE" : "FALSE";
    case "condition":
      return conditionSql(filter, target);
  }
}

function joined(terms: readonly Filter[], operator: string, empty: string, target: FilterTarget): string {
  if (terms.length === 0) return empty;
  return balanced(
    terms.map((term) => filterSql(term, target)),
    operator,
  );
}

/** Databases bound how deep an expression may be (SQLite: 1,000), and read a chain as a tree of its length. */
function balanced(terms: readonly string[], operator: string): string {
  if (terms.length <= CHAIN) return `(${terms.join(operator)})`;
  const half = terms.length >>> 1;
  return `(${balanced(terms.slice(0, half), operator)}${operator}${balanced(terms.slice(half), operator)})`;
}

/** Terms that stay a chain, for people to read. */
const CHAIN = 8;

function conditionSql(condition: Condition, target: FilterTarget): string {
  const column = target.column(condition.ordinal);
  const take = (value: Value): string => target.parameter(column.bind(value), column);
  switch (condition.op) {
    case "is_null":
      return `${column.sql} IS ${condition.value ? "" : "NOT "}NULL`;
    case "in":
      return `${column.sql} IN (${condition.values.map(take).join(", ")})`;
    case "starts_with":
      return target.dialect.startsWith(
        column.sql,
        target.parameter(condition.value),
        Array.from(condition.value).length,
      );
    case "contains":
      return target.dialect.contains(column.sql, target.parameter(condition.value));
    case "has_any":
      return hasSql(column, condition.values, " OR ", target);
    case "has_all":
      return hasSql(column, condition.values, " AND ", target);
    case "is_empty": {
      const empty = target.dialect.isEmptyDocument(column.sql);
      return condition.value
        ? `(${column.sql} IS NULL OR ${empty})`
        : target.dialect.isNotTrue(`${column.sql} IS NULL OR ${empty}`);
    }
    case "eq":
    case "ne":
    case "lt":
    case "lte":
    case "gt":
    case "gte":
      return `${column.sql} ${OPERATORS[condition.op]} ${take(condition.value)}`;
  }
}

function hasSql(column: FilterColumn, wanted: readonly MapKey[], operator: string, target: FilterTarget): string {
  if (wanted.length === 0) return operator === " OR " ? "FALSE" : "TRUE";
  const { dialect } = target;
  const tests = wanted.map((value) =>
    column.type.kind === "map"
      ? dialect.hasKey(column.sql, target.parameter(mapKeyText(value)))
      : dialect.hasElement(column.sql, target.parameter(dialect.element(value))),
  );
  return balanced(tests, operator);
}

/** Whether a condition means in SQL exactly what it means in the model. */
export function isExpressible(
  condition: Condition,
  type: FieldType,
  { searches }: Pick<Dialect, "searches"> = {},
): boolean {
  switch (condition.op) {
    case "is_null":
      return true;
    case "is_empty":
      return type.kind === "list" || type.kind === "map";
    case "has_any":
    case "has_all":
      if (searches?.(type) === false) return false;
      return type.kind === "map" || (type.kind === "list" && isExactElement(type.element.kind));
    case "starts_with":
    case "contains":
      return type.kind === "string";
    case "in":
    case "eq":
    case "ne":
    case "lt":
    case "lte":
    case "gt":
    case "gte":
      return type.kind !== "list" && type.kind !== "map" && type.kind !== "message";
  }
}

/** Fractions in JSON are parsed by the database, whose last bit may differ from ours. */
function isExactElement(kind: FieldType["kind"]): boolean {
  return (
    kind === "string" ||
    kind === "bool" ||
    kind === "int32" ||
    kind === "uint32" ||
    kind === "int64" ||
    kind === "uint64" ||
    kind === "enum"
  );
}
