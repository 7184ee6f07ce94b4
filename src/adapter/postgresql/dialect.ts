/** PostgreSQL's spelling of what the family writes. */

import type { ServerDialect } from "../sql/server/server-dialect.ts";
import { ownName, quote } from "../sql/quote.ts";
import type { SqlValue } from "../sql/sql-value.ts";
import type { Column } from "../sql/storage.ts";
import { adopt } from "./adopted.ts";
import { arrayText } from "./array-text.ts";
import { PLACE } from "./place.ts";
import { literal, storageOf } from "./storage.ts";

/** Milliseconds that a statement of several callers waits for a row. */
const PATIENCE = 50;

/** The elements of a list or the pairs of a map: without a name of its own a column of the entity would be taken for them. */
const HELD = ownName({ quote }, "held");

/** Keys beside the table that has them. */
const WANTED = ownName({ quote }, "wanted");

export const postgresqlDialect: ServerDialect = {
  quote,
  parameter: PLACE,
  storageOf,
  adopt,
  literal,
  partialIndexes: true,
  indexesEndInKey: false,
  directedKeys: false,
  tableOptions: () => "",
  // A column that is never NULL needs no word about it, and the key's own index has none.
  orderTerm: ({ sql: plain, notNull, comparing }, desc) => {
    const sql = comparing?.sql ?? plain;
    return notNull ? `${sql}${desc ? " DESC" : ""}` : `${sql} ${desc ? "DESC NULLS LAST" : "ASC NULLS FIRST"}`;
  },
  hasValue: ({ sql }) => `${sql} IS NOT NULL`,
  contains: (text, part) => `strpos(${text}, ${part}) > 0`,
  startsWith: (text, prefix) => `starts_with(${text}, ${prefix})`,
  hasElement: (list, element) =>
    `EXISTS (SELECT 1 FROM jsonb_array_elements_text(${list}) AS ${HELD}(held) WHERE ${HELD}.held = ${element})`,
  // As jsonb_array_elements_text gives it: all are text, 64-bit numbers because the document codec writes them so.
  element: String,
  hasKey: (pairs, key) =>
    `EXISTS (SELECT 1 FROM jsonb_array_elements(${pairs}) AS ${HELD}(held) WHERE ${HELD}.held ->> 0 = ${key})`,
  isEmptyDocument: (document) => `${document} = '[]'::jsonb`,
  isNotTrue: (condition) => `((${condition}) IS NOT TRUE)`,
  keysOf: ({ key, sql }) => {
    // Arrays of one value for each key: one text of a statement, however many keys.
    const types = key.map(arrayType);
    const places = key.map((_, i) => ownName({ quote }, `key ${i}`));
    const join = key.map(({ sql: column }, i) => `${column} = ${places[i]}`).join(" AND ");
    return {
      from: () =>
        `unnest(${types.map((type) => `${PLACE}::${type}`).join(", ")}) AS ${WANTED}(${places.join(", ")}) JOIN ${sql} ON ${join}`,
      parameters: (keys) => key.map((_, i) => arrayText(keys.map((values) => values[i] ?? null))),
    };
  },
  rows: (columns, rows) => {
    const { from, parameters } = arrayRows(columns, rows);
    // The setting lasts as long as the statement, which is a transaction of its own.
    const impatient = `(SELECT set_config('lock_timeout', '${PATIENCE}', true)) AS impatient`;
    return { text: `SELECT given.* FROM ${impatient}, ${from} AS given`, parameters, repeated: true };
  },
  copiesNumberedRows: false,
  begin: {
    write: ["BEGIN"],
    serializable: ["BEGIN ISOLATION LEVEL SERIALIZABLE"],
    snapshot: ["BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"],
  },
  shared: { begin: ["BEGIN", `SET LOCAL lock_timeout = ${PATIENCE}`] },
  insertUnlessKey: (key) => `ON CONFLICT (${key.map(({ sql }) => sql).join(", ")}) DO NOTHING`,
  insertUnlessAny: "ON CONFLICT DO NOTHING",
  writesReturn: true,
  sharesChanges: true,
  updateOnKey: (key) => `ON CONFLICT (${key.map(({ sql }) => sql).join(", ")}) DO UPDATE SET`,
  inserted: ({ sql }) => `EXCLUDED.${sql}`,
  // The transaction that locked or replaced the row: none has touched one that is new.
  wasInserted: "(xmax = 0)",
  documentText: (column) => `${column}::text`,
  lockRow: "FOR UPDATE",
  lockFreeRows: "FOR UPDATE SKIP LOCKED",
  removeSome: ({ table, key, where, orderBy, limit }) => {
    const due = `SELECT ${key} FROM ${table} WHERE ${where} ORDER BY ${orderBy} LIMIT ${limit} FOR UPDATE SKIP LOCKED`;
    return `DELETE FROM ${table} WHERE (${key}) IN (SELECT ${key} FROM (${due}) AS due)`;
  },
  dropIndex: (_, index) => `DROP INDEX ${quote(index)}`,
  takeNumbers: async (run, { table, name, count }) => {
    const text = `UPDATE ${table} SET "last" = "last" + ${PLACE} WHERE name = ${PLACE} RETURNING "last"`;
    const [row] = (await run({ text, parameters: [count, name], repeated: true })).rows;
    return row && BigInt(String(row[0]));
  },
  dropForeignKey: (table, name) => `ALTER TABLE ${quote(table)} DROP CONSTRAINT ${quote(name)}`,
  indexForKey: (table, column, name) =>
    `CREATE INDEX IF NOT EXISTS ${quote(name)} ON ${quote(table)} (${quote(column)})`,
};

/** Rows as an array for each column: one text for every number of them. */
export function arrayRows(
  columns: readonly Pick<Column, "declared">[],
  rows: readonly (readonly SqlValue[])[],
): { readonly from: string; readonly parameters: readonly SqlValue[] } {
  return {
    from: `unnest(${columns.map((column) => `${PLACE}::${arrayType(column)}`).join(", ")})`,
    parameters: columns.map((_, i) => arrayText(rows.map((row) => row[i] ?? null))),
  };
}

function arrayType({ declared }: Pick<Column, "declared">): string {
  return `${declared.replace(/ COLLATE .*$/u, "")}[]`;
}
