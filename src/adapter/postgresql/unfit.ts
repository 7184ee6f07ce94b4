/** Entities that a database cannot carry, because of their size or because of names: found before anything is made of them. */

import type { EntityModel } from "../../model/entity.ts";
import { tableOf } from "../sql/table.ts";
import { postgresqlDialect } from "./dialect.ts";

const MOST_COLUMNS = 1_600;

/** Bytes of an identifier; the server cuts longer ones without a word. */
const LONGEST_NAME = 63;

/** Columns that every table has, so that none of ours is called so. https://www.postgresql.org/docs/current/ddl-system-columns.html */
const SYSTEM: ReadonlySet<string> = new Set(["tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"]);

/** Each with what is wrong and what to do; of two entities that want the same name the first by name has it. */
export function unfitEntities(entities: readonly EntityModel[]): ReadonlyMap<EntityModel, string> {
  const unfit = new Map<EntityModel, string>();
  const taken = new Map<string, string>();
  for (const entity of entities) {
    const table = tableOf(postgresqlDialect, entity);
    const names = [table.name, ...table.indexes.map(({ name }) => name)];
    const columns = table.columns.map(({ name }) => name);
    const why = tooWide(entity) ?? tooLong([...names, ...columns]) ?? reserved(columns) ?? clash(names, taken);
    if (why === undefined) for (const name of names) taken.set(name, entity.name);
    else unfit.set(entity, why);
  }
  return unfit;
}

function tooWide({ fields }: EntityModel): string | undefined {
  if (fields.length <= MOST_COLUMNS) return undefined;
  return `it has ${fields.length} stored fields, and a table has at most ${MOST_COLUMNS} columns; put some into an embedded message`;
}

function tooLong(names: readonly string[]): string | undefined {
  const name = names.find((each) => Buffer.byteLength(each) > LONGEST_NAME);
  return name === undefined
    ? undefined
    : `the name ${name} has more than ${LONGEST_NAME} bytes; give the table, the column or the index a shorter one`;
}

function reserved(columns: readonly string[]): string | undefined {
  const name = columns.find((each) => SYSTEM.has(each));
  return name === undefined
    ? undefined
    : `every table has a column ${name} of the server's own; give the field another column`;
}

function clash(names: readonly string[], taken: ReadonlyMap<string, string>): string | undefined {
  for (const [i, name] of names.entries()) {
    const other = taken.get(name);
    if (other !== undefined)
      return `the name ${name} is taken by a table or an index of ${other}; give one of them another`;
    if (names.indexOf(name) < i) return `it has two tables or indexes called ${name}; give one of them another name`;
  }
  return undefined;
}
