/** node:sqlite alone, one call after the other: the cheapest that the same file and the same tables allow. One commit for each write. */

import { randomUUID } from "node:crypto";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { encodeRow } from "../../../src/adapter/sqlite/row.ts";
import { tableOf } from "../../../src/adapter/sqlite/table.ts";
import { orderEntity } from "../order.ts";
import { expect, nth, PAGE, type OpenStorey } from "../storey.ts";

export const openRaw: OpenStorey = async (file, inputs) => {
  const table = tableOf((await orderEntity()).model);
  const database = new DatabaseSync(file);
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16000");
  const prepare = (sql: string): StatementSync => {
    const statement = database.prepare(sql);
    statement.setReturnArrays(true);
    statement.setReadBigInts(true);
    return statement;
  };
  const columns = table.columns.map(({ sql }) => sql).join(", ");
  const byId = prepare(`SELECT ${columns} FROM ${table.sql} WHERE id = ?`);
  const byUser = prepare(
    `SELECT ${columns} FROM ${table.sql} WHERE user_id = ? AND deleted_at IS NULL ORDER BY created_at DESC, id LIMIT ${PAGE}`,
  );
  const insert = prepare(`INSERT INTO ${table.sql} VALUES (${table.columns.map(() => "?").join(", ")})`);
  const update = prepare(
    `UPDATE ${table.sql} SET status = ?, updated_at = ?, version = version + 1 WHERE id = ? RETURNING ${columns}`,
  );
  const rows = inputs.orders.map((order) => encodeRow(table, order));
  return {
    server: undefined,
    operations: {
      Get: (n) => expect(byId.get(nth(inputs.ids, n)) !== undefined, "no row"),
      BatchGet: (n) => {
        for (const id of nth(inputs.batches, n)) expect(byId.get(id) !== undefined, "no row");
      },
      List: (n) => expect(byUser.all(nth(inputs.users, n)).length === PAGE, "no page"),
      Create: (n) => void insert.run(randomUUID(), ...nth(rows, n).slice(1)),
      Update: (n) => {
        expect(update.get("shipped", BigInt(Date.now()) * 1_000n, nth(inputs.ids, n)) !== undefined, "no row");
      },
    },
    close: async () => database.close(),
  };
};
