/** What of a table that others made does not hold an entity. */

import type { EntityModel } from "../../../../model/entity.ts";
import type { Field } from "../../../../model/field.ts";
import { isAsOwn } from "../../column.ts";
import type { FoundColumn } from "../../dialect.ts";
import type { ServerDialect } from "../server-dialect.ts";

/** A line for each field that has no column, or one of a type that does not hold it exactly. */
export function misfits(
  dialect: ServerDialect,
  entity: EntityModel,
  found: ReadonlyMap<string, FoundColumn>,
): readonly string[] {
  const keyed = new Set(entity.key.map(({ ordinal }) => ordinal));
  const indexed = new Set(entity.indexes.flatMap(({ parts }) => parts).map(({ ordinal }) => ordinal));
  return entity.fields.flatMap((field) => {
    const isKey = keyed.has(field.ordinal);
    const place = { isKey, isIndexed: isKey || indexed.has(field.ordinal), column: found.get(field.column) };
    const what = misfit(dialect, field, place);
    return what === undefined ? [] : [what];
  });
}

interface Place {
  readonly isKey: boolean;
  /** Keys are. */
  readonly isIndexed: boolean;
  readonly column: FoundColumn | undefined;
}

function misfit(dialect: ServerDialect, field: Field, { isKey, isIndexed, column }: Place): string | undefined {
  if (!column) return `the column ${field.column} of ${field.name} is missing; name another with \`column\``;
  const own = dialect.storageOf(field.type, undefined, { isIndexed, maxLength: field.maxLength });
  const holds = (use: { readonly isKey: boolean; readonly isIndexed: boolean }): boolean =>
    dialect.adopt?.(field, { sql: dialect.quote(field.column), ...use }, column) !== undefined;
  if (isAsOwn(dialect, own, column) || holds({ isKey, isIndexed })) return undefined;
  const elsewhere = holds({ isKey: false, isIndexed: false });
  const inIndexes = elsewhere && holds({ isKey: false, isIndexed: true });
  const purpose = inIndexes ? " in a key" : elsewhere ? " in a key or an index" : "";
  return `the column ${field.column} is ${column.type}, which does not hold ${field.name} exactly${purpose}; ${own.declared} would, also in a view`;
}
