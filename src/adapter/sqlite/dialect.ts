/** SQLite's spelling of what the family writes. */

import type { Dialect } from "../sql/dialect.ts";
import type { Column } from "../sql/storage.ts";
import { quote } from "../sql/quote.ts";
import { literal, storageOf } from "./storage.ts";

export const sqliteDialect: Dialect = {
  quote,
  parameter: "?",
  storageOf,
  literal,
  partialIndexes: true,
  indexesEndInKey: false,
  directedKeys: true,
  tableOptions: (columns, key) => (paysWithoutRowid(columns, key) ? "STRICT, WITHOUT ROWID" : "STRICT"),
  orderTerm: ({ sql }, desc) => (desc ? `${sql} DESC` : sql),
  // IS NOT NULL would be tested row by row; the least value of the type is a place in the index.
  hasValue: ({ sql, declared }) => `${sql} >= ${LEAST[declared]}`,
  // Booleans compare as 0 and 1; 64-bit numbers are text, as the document codec writes them.
  element: (value) =>
    typeof value === "bigint" ? value.toString() : typeof value === "boolean" ? Number(value) : value,
  contains: (text, part) => `instr(${text}, ${part}) > 0`,
  startsWith: (text, prefix, length) => `substr(${text}, 1, ${length}) = ${prefix}`,
  hasElement: (list, element) => `EXISTS (SELECT 1 FROM ${each(list)} WHERE value = ${element})`,
  hasKey: (pairs, key) => `EXISTS (SELECT 1 FROM ${each(pairs)} WHERE value ->> 0 = ${key})`,
  isEmptyDocument: (document) => `${document} = '[]'`,
  isNotTrue: (condition) => `((${condition}) IS NOT TRUE)`,
};

/** What json_each calls its columns, of which some are hidden. https://www.sqlite.org/json1.html#jeach */
const OF_EACH = new Set(
  ["key", "value", "type", "atom", "id", "parent", "fullkey", "path", "json", "root", "rowid", "oid", "_rowid_"].map(
    quote,
  ),
);

/** The elements of a document; a column that has the name of one of json_each's would be taken for that one, and costs half as much again. */
function each(document: string): string {
  const isTaken = OF_EACH.has(document.toLowerCase());
  return isTaken ? `(SELECT ${document} AS held), json_each(held)` : `json_each(${document})`;
}

/** STRICT tables hold the declared type alone. */
const LEAST: { readonly [declared: string]: string } = {
  INTEGER: "-9223372036854775808",
  REAL: "-9e999",
  TEXT: "''",
  BLOB: "x''",
};

/** Most columns of a row that is kept in the key's own tree. */
const NARROW = 24;

/**
 * One tree instead of two, which pays while rows are small (SQLite advises a twentieth of a page): no documents, no
 * bytes beside the key, few columns. A single integer key is the rowid itself and needs no second tree anyway.
 */
function paysWithoutRowid(columns: readonly Column[], key: readonly Column[]): boolean {
  if (key.length === 1 && key[0]?.declared === "INTEGER") return false;
  if (columns.length > NARROW) return false;
  return columns.every((column) => !column.document && (column.declared !== "BLOB" || key.includes(column)));
}
