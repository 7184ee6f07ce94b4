/** node:sqlite alone, one call after the other: the cheapest that the same file and the same tables allow. One commit for each write. */

import { expect, nth, PAGE, type OpenStage } from "../stage.ts";
import { openRawOrders } from "./raw-orders.ts";

export const openRaw: OpenStage = async (file, inputs) => {
  const { database, table, prepare, insert } = await openRawOrders(file, inputs);
  const columns = table.columns.map(({ sql }) => sql).join(", ");
  const byId = prepare(`SELECT ${columns} FROM ${table.sql} WHERE id = ?`);
  const byUser = prepare(
    `SELECT ${columns} FROM ${table.sql} WHERE user_id = ? AND deleted_at IS NULL ORDER BY created_at DESC, id LIMIT ${PAGE}`,
  );
  const update = prepare(
    `UPDATE ${table.sql} SET status = ?, updated_at = ?, version = version + 1 WHERE id = ? RETURNING ${columns}`,
  );
  return {
    server: undefined,
    operations: {
      Get: (n) => expect(byId.get(nth(inputs.ids, n)) !== undefined, "no row"),
      BatchGet: (n) => {
        for (const id of nth(inputs.batches, n)) expect(byId.get(id) !== undefined, "no row");
      },
      List: (n) => expect(byUser.all(nth(inputs.users, n)).length === PAGE, "no page"),
      Create: insert,
      Update: (n) => {
        expect(update.get("shipped", BigInt(Date.now()) * 1_000n, nth(inputs.ids, n)) !== undefined, "no row");
      },
    },
    close: async () => database.close(),
  };
};
