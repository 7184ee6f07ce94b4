/** The orders in node:sqlite, with nothing of Pannier around them but how a row is stored. */

import { DatabaseSync, type StatementSync } from "node:sqlite";
import { encodeRow } from "../../../src/adapter/sql/row.ts";
import type { Table } from "../../../src/adapter/sql/table.ts";
import { tableOf } from "../../../src/adapter/sqlite/tables/table.ts";
import { newOrderIds, orderEntity } from "../order.ts";
import { nth, type Inputs } from "../stage.ts";

export interface RawOrders {
  readonly database: DatabaseSync;
  readonly table: Table;
  readonly prepare: (sql: string) => StatementSync;
  /** The nth order as a Create stores it: under a new UUID v7, made now. */
  readonly insert: (n: number) => void;
}

export async function openRawOrders(file: string, inputs: Inputs): Promise<RawOrders> {
  const { model } = await orderEntity();
  const table = tableOf(model);
  const database = new DatabaseSync(file);
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16000");
  const prepare = (sql: string): StatementSync => {
    const statement = database.prepare(sql);
    statement.setReturnArrays(true);
    statement.setReadBigInts(true);
    return statement;
  };
  const insertion = prepare(`INSERT INTO ${table.sql} VALUES (${table.columns.map(() => "?").join(", ")})`);
  const rows = inputs.orders.map((order) => encodeRow(table, order));
  const newId = newOrderIds(model);
  const { createdAt, updatedAt } = model.managed;
  if (createdAt === undefined || updatedAt === undefined) throw new Error("an order says when it was made");
  const insert = (n: number): void => {
    const now = BigInt(Date.now()) * 1_000n;
    const row = nth(rows, n).with(createdAt, now).with(updatedAt, now);
    insertion.run(newId(), ...row.slice(1));
  };
  return { database, table, prepare, insert };
}
