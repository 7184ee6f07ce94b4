/** classic-level alone on the same keys and rows, one call after the other: the cheapest that the engine allows. One synced batch for each write. */

import { ClassicLevel } from "classic-level";
import { readCatalog } from "../../../src/adapter/embedded/byte-catalog.ts";
import { layoutOf } from "../../../src/adapter/embedded/byte-contracts.ts";
import { isDatabase } from "../../../src/adapter/kv/engine.ts";
import { createTable } from "../../../src/adapter/ordered/byte-table.ts";
import { intervalOf, keyBytes } from "../../../src/adapter/ordered/interval.ts";
import type { EntityRecord } from "../../../src/model/value.ts";
import { newOrderIds, orderEntity } from "../order.ts";
import { expect, nth, PAGE, type OpenStage } from "../stage.ts";

export const openRawKeyValue: OpenStage = async (file, inputs) => {
  const { model } = await orderEntity();
  const catalog = readCatalog(file, "bench", isDatabase);
  const layout = catalog && layoutOf(catalog, model);
  const index = model.indexes.find(({ parts }) => model.fields[parts[0]?.ordinal ?? -1]?.name === "user_id");
  if (!layout || !index) throw new Error("the orders are not there");
  const table = createTable(model, layout);
  const db = new ClassicLevel<Buffer, Buffer>(file, { keyEncoding: "buffer", valueEncoding: "buffer", cacheSize: 8 * 1_048_576 }); // prettier-ignore
  await db.open();
  const newId = newOrderIds(model);
  const ordinal = (name: string): number => model.fields.find((field) => field.name === name)?.ordinal ?? -1;
  const [user, status, createdAt, updatedAt] = ["user_id", "status", "created_at", "updated_at"].map(ordinal) as [number, number, number, number]; // prettier-ignore
  const byUser = table.orderOf({ kind: "index", index, ranges: [], reverse: false });
  const intervalFor = (value: string): ReturnType<typeof intervalOf> =>
    intervalOf(keyBytes({ ...byUser, terms: byUser.terms.slice(0, 1) }, blank.with(user, value)));
  const blank: EntityRecord = model.fields.map(() => undefined);
  const read = (id: string): EntityRecord => {
    const bytes = db.getSync(table.rowKey([id]));
    if (!bytes) throw new Error("no row");
    return table.decode(bytes);
  };
  const put = (record: EntityRecord, id: string): Promise<void> => {
    const key = table.rowKey([id]);
    const entries = table.entriesOf(record).map((entry) => ({ type: "put" as const, key: entry.key, value: key }));
    return db.batch([{ type: "put", key, value: table.encode(record) }, ...entries], { sync: true });
  };
  return {
    server: undefined,
    operations: {
      Get: (n) => expect(read(nth(inputs.ids, n)).length > 0, "no row"),
      BatchGet: (n) => {
        for (const id of nth(inputs.batches, n)) read(id);
      },
      List: async (n) => {
        const { start, end } = intervalFor(nth(inputs.users, n));
        const iterator = db.iterator({ gte: start, lt: end });
        const some = await iterator.nextv(PAGE);
        await iterator.close();
        const rows = await db.getMany(some.map(([, key]) => key));
        expect(rows.flatMap((bytes) => (bytes ? [table.decode(bytes)] : [])).length === PAGE, "no page");
      },
      Create: (n) => {
        const [id, now] = [newId(), BigInt(Date.now()) * 1_000_000n];
        return put(nth(inputs.orders, n).with(0, id).with(createdAt, now).with(updatedAt, now), id);
      },
      Update: (n) => {
        const id = nth(inputs.ids, n);
        return put(
          read(id)
            .with(status, "shipped")
            .with(updatedAt, BigInt(Date.now()) * 1_000_000n),
          id,
        );
      },
    },
    close: () => db.close(),
  };
};
