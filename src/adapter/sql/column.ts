/** One field's column in a dialect. */

import type { Field, FieldType } from "../../model/field.ts";
import type { Value } from "../../model/value.ts";
import { absentValue } from "../../model/zero.ts";
import type { Dialect, FoundColumn } from "./dialect.ts";
import type { SqlValue } from "./sql-value.ts";
import type { Column, Comparing, Storage } from "./storage.ts";

/**
 * @param earlier see `documentCodec`
 * @param found the column, where others made it
 */
export function columnOf(
  dialect: Dialect,
  field: Field,
  { isKey, isIndexed }: { readonly isKey: boolean; readonly isIndexed: boolean },
  earlier?: FieldType,
  found?: FoundColumn,
): Column {
  const sql = dialect.quote(field.column);
  const own = dialect.storageOf(field.type, earlier, { isIndexed, maxLength: field.maxLength });
  const absent = absentValue(field);
  const storage = found ? adopted(dialect, field, { own, sql, absent, isKey, isIndexed }, found) : own;
  return {
    ...storage,
    field,
    name: field.column,
    sql,
    notNull: isKey || absent !== undefined,
    defaultSql: absent === undefined || isKey ? undefined : dialect.literal(storage.bind(absent), storage.declared),
    absent,
  };
}

interface Wanted {
  /** As Pannier would have made it. */
  readonly own: Storage;
  readonly sql: string;
  readonly absent: Value | undefined;
  readonly isKey: boolean;
  readonly isIndexed: boolean;
}

/** A column that does not hold the field is taken as if it did: the survey has told of it, and nothing is served from there. */
function adopted(dialect: Dialect, field: Field, wanted: Wanted, found: FoundColumn): Storage {
  const { own, sql, absent, isKey, isIndexed } = wanted;
  const storage = isAsOwn(dialect, own, found)
    ? own
    : (dialect.adopt?.(field, { sql, isKey, isIndexed: isIndexed || isKey }, found) ?? own);
  const zero = absent === undefined || found.notNull || isKey ? undefined : zeroForNull(dialect, storage, sql, absent);
  return zero ? { ...storage, comparing: zero } : storage;
}

export function isAsOwn(dialect: Dialect, { declared }: Storage, { type }: FoundColumn): boolean {
  return type === declared || dialect.accepts?.(type, declared) === true;
}

/** A NULL reads as the zero of its field, and is found as one. */
function zeroForNull(dialect: Dialect, storage: Storage, sql: string, absent: Value): Comparing | undefined {
  if (storage.document || storage.isOpaque) return undefined;
  const zero = storage.bind(absent);
  const literal = dialect.literal(zero, storage.declared);
  if (literal === undefined) return undefined;
  const { comparing, parameter = dialect.parameter } = storage;
  return {
    sql: `coalesce(${comparing?.sql ?? sql}, ${literal})`,
    parameter: comparing?.parameter ?? parameter,
    equality: (value) =>
      value !== null && storage.compare(value, zero) === 0 ? "other" : (comparing?.equality(value) ?? "exact"),
  };
}

/** That the column has a value, whose parameters are added in the order of the text; as far as can be so that an index serves it. */
export function equalSql(dialect: Dialect, column: Column, value: SqlValue, parameters: SqlValue[]): string {
  const { sql, comparing } = column;
  const equality = comparing?.equality(value) ?? "exact";
  parameters.push(value);
  if (equality === "wider") parameters.push(value);
  const plain = `${sql} = ${parameterFor(dialect, column)}`;
  if (!comparing || equality === "exact") return plain;
  const exact = `${comparing.sql} = ${comparing.parameter}`;
  return equality === "wider" ? `(${plain} AND ${exact})` : exact;
}

/** What a column sorts as and is compared by, and where a value stands that is compared with it. */
export function comparedBy(
  dialect: Pick<Dialect, "parameter">,
  column: Pick<Column, "sql" | "parameter" | "comparing">,
): { readonly sql: string; readonly parameter: string } {
  return column.comparing ?? { sql: column.sql, parameter: parameterFor(dialect, column) };
}

/** The place of a value of the column in a statement. */
export function parameterFor(dialect: Pick<Dialect, "parameter">, { parameter }: Pick<Column, "parameter">): string {
  return parameter ?? dialect.parameter;
}
