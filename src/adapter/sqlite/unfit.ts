/** Entities that a SQLite file cannot carry, because of their size or because of names: found before anything is made for them. */

import type { EntityModel } from "../../model/entity.ts";
import { tableOf } from "./table.ts";

/** SQLite's own limit on the columns of a table. */
const MOST_COLUMNS = 2_000;

/**
 * Each with what is wrong and what to do. Tables and indexes of a file have one space of names, compared without regard to case;
 * of two entities that want the same name the first by name has it.
 */
export function unfitEntities(entities: readonly EntityModel[]): ReadonlyMap<EntityModel, string> {
  const unfit = new Map<EntityModel, string>();
  const taken = new Map<string, string>();
  for (const entity of entities) {
    const names = namesOf(entity);
    const why = tooWide(entity) ?? reserved(names) ?? clash(names, taken);
    if (why === undefined) for (const name of names) taken.set(name.toLowerCase(), entity.name);
    else unfit.set(entity, why);
  }
  return unfit;
}

function namesOf(entity: EntityModel): readonly string[] {
  const table = tableOf(entity);
  return [table.name, ...table.indexes.map(({ name }) => name)];
}

function tooWide({ fields }: EntityModel): string | undefined {
  if (fields.length <= MOST_COLUMNS) return undefined;
  return `it has ${fields.length} stored fields, and a table of SQLite has at most ${MOST_COLUMNS} columns; put some into an embedded message`;
}

/** "sqlite_" is SQLite's, "_pannier" is ours. */
function reserved(names: readonly string[]): string | undefined {
  const name = names.find((each) => /^(?:sqlite_|_pannier)/iu.test(each));
  return name === undefined
    ? undefined
    : `the name ${name} is reserved in SQLite files; give the table or the index another`;
}

function clash(names: readonly string[], taken: ReadonlyMap<string, string>): string | undefined {
  const own = new Set<string>();
  for (const name of names) {
    const folded = name.toLowerCase();
    const other = taken.get(folded);
    if (other !== undefined)
      return `the name ${name} is taken by a table or an index of ${other}; give one of them another`;
    if (own.has(folded)) return `it has two tables or indexes called ${name}; give one of them another name`;
    own.add(folded);
  }
  return undefined;
}
