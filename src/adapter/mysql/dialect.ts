/** The spelling of MySQL and what is like it, of what the family writes. */

import type { MapKey } from "../../model/value.ts";
import type { ServerDialect } from "../sql/server/server-dialect.ts";
import { parameterFor } from "../sql/column.ts";
import { columnSql } from "../sql/table.ts";
import { adoptWith } from "./adopted.ts";
import type { Flavour } from "./flavour.ts";
import { literal, storageWith } from "./storage.ts";

export function quote(name: string): string {
  return `\`${name.replaceAll("`", "``")}\``;
}

const PLACE = "?";

export function mysqlDialect({ collation }: Flavour): ServerDialect {
  const storageOf = storageWith(collation);
  return {
    quote,
    parameter: PLACE,
    storageOf,
    adopt: adoptWith(collation, storageOf),
    literal,
    partialIndexes: false,
    indexesEndInKey: true,
    // Several rows may have NULL in a unique index.
    liveMark: ({ sql }) => `tinyint AS (if(${sql} IS NULL, 1, NULL)) VIRTUAL`,
    accepts: (stored, declared) => isRoomier(stored, declared),
    widened: (table, column, stored) =>
      isText(stored) && isText(column.declared) ? `ALTER TABLE ${table} MODIFY COLUMN ${columnSql(column)}` : undefined,
    directedKeys: true,
    tableOptions: () => "ENGINE=InnoDB ROW_FORMAT=DYNAMIC",
    // Absent values come first by themselves.
    orderTerm: ({ sql, comparing }, desc) => `${comparing?.sql ?? sql}${desc ? " DESC" : ""}`,
    hasValue: ({ sql }) => `${sql} IS NOT NULL`,
    contains: (text, part) => `locate(${part}, ${text}) > 0`,
    startsWith: (text, prefix, length) => `left(${text}, ${length}) = ${prefix}`,
    hasElement: (list, element) => `json_contains(${list}, ${element})`,
    // As JSON; 64-bit numbers are text, as the document codec writes them.
    element: (value: MapKey) => JSON.stringify(typeof value === "bigint" ? value.toString() : value),
    hasKey: (pairs, key) => `json_contains(json_extract(${pairs}, '$[*][0]'), json_quote(${key}))`,
    // Deep documents are no JSON to the server, which allows 32 levels (MySQL: 100).
    searches: (type) => type.kind !== "map" || type.value.kind !== "message",
    isEmptyDocument: (document) => `${document} = '[]'`,
    isNotTrue: (condition) => `((${condition}) IS NOT TRUE)`,
    keysOf: ({ key, sql }) => {
      const columns = key.map((column) => column.sql).join(", ");
      const place = key.map((column) => parameterFor({ parameter: PLACE }, column)).join(", ");
      const [left, one] = key.length === 1 ? [columns, place] : [`(${columns})`, `(${place})`];
      return {
        from: (count) => `${sql} WHERE ${left} IN (${Array.from({ length: padded(count) }, () => one).join(", ")})`,
        parameters: (keys) => {
          const last = keys.at(-1) ?? [];
          const filling = Array.from({ length: padded(keys.length) - keys.length }, () => last);
          return [...keys, ...filling].flat();
        },
      };
    },
    rows: (columns, rows) => {
      const one = `(${columns.map(() => PLACE).join(", ")})`;
      return { text: `VALUES ${rows.map(() => one).join(", ")}`, parameters: rows.flat(), repeated: false };
    },
    copiesNumberedRows: true,
    begin: {
      write: ["START TRANSACTION"],
      serializable: ["SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", "START TRANSACTION"],
      snapshot: [
        "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",
        "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
      ],
    },
    // A deadlock undoes the whole transaction, and what was sent behind the statement that met it would each be a transaction of its own.
    shared: { begin: ["SET autocommit = 0"], end: ["SET autocommit = 1"] },
    // Nothing: a bare ON DUPLICATE KEY UPDATE would touch a row that only shares another unique value, and IGNORE would cut values.
    insertUnlessKey: () => "",
    insertUnlessAny: "",
    writesReturn: false,
    sharesChanges: false,
    updateOnKey: unasked,
    inserted: unasked,
    wasInserted: "",
    documentText: (column) => column,
    lockRow: "FOR UPDATE",
    lockFreeRows: "FOR UPDATE SKIP LOCKED",
    removeSome: ({ table, where, orderBy, limit }) =>
      `DELETE FROM ${table} WHERE ${where} ORDER BY ${orderBy} LIMIT ${limit}`,
    dropIndex: (table, index) => `DROP INDEX ${quote(index)} ON ${quote(table)}`,
    takeNumbers: async (run, { table, name, count }) => {
      const text = `UPDATE ${table} SET ${quote("last")} = last_insert_id(${quote("last")} + ?) WHERE name = ?`;
      // Both are sent at once, on one connection, which keeps the number.
      const [{ affected }, { rows }] = await Promise.all([
        run({ text, parameters: [count, name] }),
        run({ text: "SELECT last_insert_id()", parameters: [] }),
      ]);
      return affected === 0 ? undefined : BigInt(String(rows[0]?.[0] ?? 0));
    },
    dropForeignKey: (table, name) => `ALTER TABLE ${quote(table)} DROP FOREIGN KEY ${quote(name)}`,
    standInForKey: (table, column, name) => `CREATE INDEX ${quote(name)} ON ${quote(table)} (${quote(column)})`,
  };
}

function unasked(): never {
  throw new TypeError("a server that returns nothing was asked to");
}

/** Few texts for all numbers of keys, so that the server meets the same ones again. */
function padded(count: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(count, 1)));
}

const TEXT = /^(?:(var(?:char|binary))\((\d+)\)|long(?:text|blob))( COLLATE \w+)?$/u;

function isText(declared: string): boolean {
  return TEXT.test(declared);
}

/** Whether a column takes all that one as it is declared would, and may be in the same indexes. */
function isRoomier(stored: string, declared: string): boolean {
  const [, kind, length, collation] = TEXT.exec(stored) ?? [];
  const [, wanted, least, order] = TEXT.exec(declared) ?? [];
  return kind !== undefined && kind === wanted && collation === order && Number(length) >= Number(least);
}
