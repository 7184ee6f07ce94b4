/** Numbers for GENERATE_SEQUENCE: the last one given out lies beside what Pannier keeps for itself, by entity and number of the field. */

import { columnAt, type Table } from "../../sql/table.ts";
import type { Connection } from "../connection.ts";

/** Raises the number by `count`, inside a transaction; the first time it begins behind what the table holds. Answers the last of them. */
export function takeNumbers(connection: Connection, table: Table, ordinal: number, count: number): bigint {
  const name = `numbers ${table.entity.name}.${table.entity.fields[ordinal]?.number ?? 0}`;
  const raised = `UPDATE "_pannier" SET value = value + ? WHERE name = ? RETURNING value`;
  const known = connection.statement(raised, true).get([count, name])?.[0];
  if (known !== undefined) return BigInt(String(known));
  const { sql } = columnAt(table.columns, ordinal);
  const most = connection.statement(`SELECT max(${sql}) FROM ${table.sql}`, true).get([])?.[0];
  const held = most === null || most === undefined ? 0n : BigInt(String(most));
  const last = (held < 0n ? 0n : held) + BigInt(count);
  connection.statement(`INSERT INTO "_pannier" (name, value) VALUES (?, ?)`).run([name, last]);
  return last;
}
