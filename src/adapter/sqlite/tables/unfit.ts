/** Entities that a SQLite file cannot carry, because of their size or because of names: found before anything is made of them. */

import type { EntityModel } from "../../../model/entity.ts";

/** SQLite's own limit on the columns of a table. */
const MOST_COLUMNS = 2_000;

/** Each with what is wrong and what to do. */
export function unfitEntities(entities: readonly EntityModel[]): ReadonlyMap<EntityModel, string> {
  return new Map(
    entities.flatMap((entity) => {
      const why = tooWide(entity) ?? reserved(entity);
      return why === undefined ? [] : [[entity, why] as const];
    }),
  );
}

function tooWide({ fields }: EntityModel): string | undefined {
  if (fields.length <= MOST_COLUMNS) return undefined;
  return `it has ${fields.length} stored fields, and a table of SQLite has at most ${MOST_COLUMNS} columns; put some into an embedded message`;
}

/** "sqlite_" is SQLite's, "_pannier" is ours. Names of indexes that are not given begin with the table's. */
function reserved({ table, indexes }: EntityModel): string | undefined {
  const names = [table, ...indexes.flatMap(({ physical }) => physical ?? [])];
  const name = names.find((each) => /^(?:sqlite_|_pannier)/iu.test(each));
  return name === undefined
    ? undefined
    : `the name ${name} is reserved in SQLite files; give the table or the index another`;
}
