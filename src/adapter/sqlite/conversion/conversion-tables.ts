/** The tables of a conversion: the new one beside the old, the keys that were written meanwhile, the old one on its way out. */

import { modelOf } from "../../../migration/model.ts";
import { fieldByNumber, type Contract } from "../../../migration/contract.ts";
import type { SqlValue } from "../../sql/sql-value.ts";
import { quote } from "../../sql/quote.ts";
import type { Connection } from "../connection.ts";
import { rowMover, type RowMover } from "./row-mover.ts";
import { createIndexSql, createTableSql, type Table } from "../../sql/table.ts";
import { tableOf } from "../tables/table.ts";

export interface ConversionTables {
  readonly from: Table;
  /** Under the name it has until the last step. */
  readonly to: Table;
  readonly log: string;
  readonly trash: string;
  readonly mover: RowMover;
}

export function conversionTables(stored: Contract, target: Contract, earlier: Contract | undefined): ConversionTables {
  const layout = (view: Contract): { view: Contract; earlier?: Contract } => ({ view, ...(earlier && { earlier }) });
  const from = tableOf(modelOf(stored), layout(stored));
  const whole = tableOf(modelOf(target), layout(target));
  const name = `_pannier_new_${stored.table}`;
  const to: Table = { ...whole, name, sql: quote(name) };
  return {
    from,
    to,
    log: `_pannier_log_${stored.table}`,
    trash: trashOf(stored),
    mover: rowMover(from, to, (number) => earlier && fieldByNumber(earlier, number)?.type),
  };
}

/** What the old table is called on its way out. */
export function trashOf({ table }: Contract): string {
  return `_pannier_old_${table}`;
}

/** Every writer of the old table, whatever its version, leaves the keys it touches; plain SQL, so that any process can. */
export function createTables(connection: Connection, tables: ConversionTables): void {
  const { from, to, log } = tables;
  connection.exec(createTableSql(to));
  for (const index of to.indexes) if (index.model) connection.exec(createIndexSql(to, index));
  const columns = from.key.map((column, i) => `k${i} ${column.declared}`).join(", ");
  connection.exec(`CREATE TABLE ${quote(log)} (seq INTEGER PRIMARY KEY, ${columns}) STRICT`);
  const names = from.key.map((_, i) => `k${i}`).join(", ");
  const note = (row: "OLD" | "NEW"): string =>
    `INSERT INTO ${quote(log)} (${names}) VALUES (${from.key.map(({ sql }) => `${row}.${sql}`).join(", ")});`;
  connection.exec(`CREATE TRIGGER ${quote(`${log}_i`)} AFTER INSERT ON ${from.sql} BEGIN ${note("NEW")} END`);
  connection.exec(
    `CREATE TRIGGER ${quote(`${log}_u`)} AFTER UPDATE ON ${from.sql} BEGIN ${note("OLD")} ${note("NEW")} END`,
  );
  connection.exec(`CREATE TRIGGER ${quote(`${log}_d`)} AFTER DELETE ON ${from.sql} BEGIN ${note("OLD")} END`);
}

export function dropTriggers(connection: Connection, { log }: ConversionTables): void {
  for (const kind of ["i", "u", "d"]) connection.exec(`DROP TRIGGER IF EXISTS ${quote(`${log}_${kind}`)}`);
  connection.exec(`DROP TABLE IF EXISTS ${quote(log)}`);
}

/** As if it had never begun. */
export function dropTables(connection: Connection, tables: ConversionTables): void {
  dropTriggers(connection, tables);
  connection.exec(`DROP TABLE IF EXISTS ${tables.to.sql}`);
}

/** At most so many rows behind a key, in the order of the table's own key; several contiguous pieces, the innermost first. */
export function rowsBehind(
  connection: Connection,
  { columns, key, sql, entity }: Table,
  after: readonly SqlValue[] | undefined,
  limit: number,
): readonly (readonly SqlValue[])[] {
  const isTurned = (i: number): boolean => key.length > 1 && entity.key[i]?.desc === true;
  const order = key.map((column, i) => `${column.sql}${isTurned(i) ? " DESC" : ""}`).join(", ");
  const select = `SELECT ${columns.map((column) => column.sql).join(", ")} FROM ${sql}`;
  if (!after) return connection.statement(`${select} ORDER BY ${order} LIMIT ?`).all([limit]);
  const rows: (readonly SqlValue[])[] = [];
  for (let depth = key.length - 1; depth >= 0 && rows.length < limit; depth -= 1) {
    const tests = key.slice(0, depth).map((column) => `${column.sql} = ?`);
    const last = `${key[depth]?.sql ?? ""} ${isTurned(depth) ? "<" : ">"} ?`;
    const where = [...tests, last].join(" AND ");
    const found = connection.statement(`${select} WHERE ${where} ORDER BY ${order} LIMIT ?`);
    rows.push(...found.all([...after.slice(0, depth + 1), limit - rows.length]));
  }
  return rows;
}
