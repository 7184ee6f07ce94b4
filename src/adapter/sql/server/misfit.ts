/** What of a table that others made does not hold an entity. */

import type { EntityModel } from "../../../model/entity.ts";
import type { Field } from "../../../model/field.ts";
import { isAsOwn } from "../column.ts";
import type { FoundColumn } from "../dialect.ts";
import type { ServerDialect } from "./server-dialect.ts";

/** A line for each field that has no column, or one of a type that does not hold it exactly. */
export function misfits(
  dialect: ServerDialect,
  entity: EntityModel,
  found: ReadonlyMap<string, FoundColumn>,
): readonly string[] {
  const indexed = new Set([...entity.key, ...entity.indexes.flatMap(({ parts }) => parts)].map((part) => part.ordinal));
  return entity.fields.flatMap((field) => {
    const what = misfit(dialect, field, { isIndexed: indexed.has(field.ordinal), column: found.get(field.column) });
    return what === undefined ? [] : [what];
  });
}

interface Place {
  readonly isIndexed: boolean;
  readonly column: FoundColumn | undefined;
}

function misfit(dialect: ServerDialect, field: Field, { isIndexed, column }: Place): string | undefined {
  if (!column) return `the column ${field.column} of ${field.name} is missing; name another with \`column\``;
  const own = dialect.storageOf(field.type, undefined, { isIndexed, maxLength: field.maxLength });
  const sql = dialect.quote(field.column);
  if (isAsOwn(dialect, own, column) || dialect.adopt?.(field, { sql, isIndexed }, column)) return undefined;
  const purpose = isIndexed && column.labels ? " in a key or an index" : "";
  return `the column ${field.column} is ${column.type}, which does not hold ${field.name} exactly${purpose}; ${own.declared} would, also in a view`;
}
