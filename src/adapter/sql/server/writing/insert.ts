/** One row as an INSERT. */

import type { EntityRecord } from "../../../../model/value.ts";
import { encodeRow } from "../../row.ts";
import type { Statement } from "../connection/link.ts";
import type { ServerTable } from "../tables/server-table.ts";

/** @param behind what is done where the row is taken */
export function insertStatement(table: ServerTable, record: EntityRecord, behind: string): Statement {
  const places = table.columns.map(() => table.dialect.parameter).join(", ");
  const text = `INSERT INTO ${table.sql} (${table.all.columns}) VALUES (${places}) ${behind}`;
  return { text, parameters: encodeRow(table, record), repeated: true };
}
