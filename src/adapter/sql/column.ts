/** One field's column in a dialect. */

import type { Field, FieldType } from "../../model/field.ts";
import { absentValue } from "../../model/zero.ts";
import type { Dialect } from "./dialect.ts";
import type { Column } from "./storage.ts";

/** @param earlier see `documentCodec` */
export function columnOf(
  dialect: Dialect,
  field: Field,
  { isKey, isIndexed }: { readonly isKey: boolean; readonly isIndexed: boolean },
  earlier?: FieldType,
): Column {
  const storage = dialect.storageOf(field.type, earlier, { isIndexed, maxLength: field.maxLength });
  const absent = absentValue(field);
  return {
    ...storage,
    field,
    name: field.column,
    sql: dialect.quote(field.column),
    notNull: isKey || absent !== undefined,
    defaultSql: absent === undefined || isKey ? undefined : dialect.literal(storage.bind(absent), storage.declared),
    absent,
  };
}

/** Where a value of the column stands in a statement. */
export function parameterFor(dialect: Pick<Dialect, "parameter">, { parameter }: Pick<Column, "parameter">): string {
  return parameter ?? dialect.parameter;
}
