/** Entities that a database cannot carry, because of their size or because of names: found before anything is made of them. */

import type { EntityModel } from "../../model/entity.ts";
import type { ServerDialect } from "../sql/server/server-dialect.ts";
import type { Column } from "../sql/storage.ts";
import { tableOf, type Table } from "../sql/table.ts";

const MOST_COLUMNS = 1_000;

/** Characters of an identifier. */
const LONGEST_NAME = 64;

/** Bytes of the columns of a key or of an index. */
const WIDEST_INDEX = 3_072;

/** Columns of an index. */
const MOST_PARTS = 16;

/** Columns that a table has beside those it is made with, in any case. */
const INNODB = /^(?:db_row_id|db_trx_id|db_roll_ptr|fts_doc_id)$/iu;

/** Each with what is wrong and what to do; of two entities that want the same table the first by name has it. */
export function unfitEntities(
  dialect: ServerDialect,
  entities: readonly EntityModel[],
): ReadonlyMap<EntityModel, string> {
  const unfit = new Map<EntityModel, string>();
  const taken = new Map<string, string>();
  for (const entity of entities) {
    const table = tableOf(dialect, entity);
    const why =
      tooWide(entity) ??
      badName(table) ??
      reserved(table) ??
      clash(table) ??
      otherTable(table, taken) ??
      tooLarge(table);
    if (why === undefined) taken.set(table.name.toLowerCase(), entity.name);
    else unfit.set(entity, why);
  }
  return unfit;
}

function tooWide({ fields }: EntityModel): string | undefined {
  if (fields.length <= MOST_COLUMNS) return undefined;
  return `it has ${fields.length} stored fields, and a table has at most ${MOST_COLUMNS} columns; put some into an embedded message`;
}

function badName(table: Table): string | undefined {
  const names = [table.name, ...table.indexes.map(({ name }) => name), ...table.columns.map(({ name }) => name)];
  const long = names.find((name) => Array.from(name).length > LONGEST_NAME);
  if (long !== undefined)
    return `the name ${long} has more than ${LONGEST_NAME} characters; give the table, the column or the index a shorter one`;
  // U+0000, and what takes four bytes, is in no identifier; nor is a space at its end.
  const odd = names.find((name) => name.includes("\0") || name.endsWith(" ") || /[\u{10000}-\u{10ffff}]/u.test(name));
  return odd === undefined ? undefined : `the name ${JSON.stringify(odd)} cannot be one here; give it another`;
}

function reserved({ columns }: Table): string | undefined {
  const column = columns.find(({ name }) => INNODB.test(name));
  return column && `a column ${column.name} is the server's own; give the field another column`;
}

/** Names of columns and of indexes know no case, whatever the server's tables do. */
function clash(table: Table): string | undefined {
  for (const names of [table.columns.map(({ name }) => name), table.indexes.map(({ name }) => name)]) {
    const folded = names.map((name) => name.toLowerCase());
    const at = folded.findIndex((name, i) => folded.indexOf(name) < i);
    if (at >= 0)
      return `it has two columns or indexes called ${names[at]}, apart from case; give one of them another name`;
  }
  return undefined;
}

function otherTable({ name }: Table, taken: ReadonlyMap<string, string>): string | undefined {
  const other = taken.get(name.toLowerCase());
  return other === undefined
    ? undefined
    : `the table ${name} is taken by ${other}, as some servers know no case in names of tables; give one of them another`;
}

function tooLarge(table: Table): string | undefined {
  const all = [
    { what: "the key", columns: table.key },
    ...table.indexes.map((index) => ({
      what: `the index ${index.name}`,
      columns: index.columns.map(({ column }) => column),
    })),
  ];
  for (const { what, columns } of all) {
    let bytes = 0;
    for (const column of columns) bytes += bytesOf(column);
    if (bytes > WIDEST_INDEX)
      return `${what} may take ${bytes} bytes, and ${WIDEST_INDEX} are the most; give its strings a smaller max_length (each code point counts 4)`;
    if (columns.length > MOST_PARTS)
      return `${what} has ${columns.length} columns, and ${MOST_PARTS} are the most; leave some out`;
  }
  return undefined;
}

/** Of a value in an index, at most. */
function bytesOf({ declared }: Column): number {
  const [, kind, length] = /^(varchar|varbinary)\((\d+)\)/u.exec(declared) ?? [];
  if (kind === undefined) return 30;
  return Number(length) * (kind === "varchar" && !declared.endsWith("ascii_bin") ? 4 : 1);
}
