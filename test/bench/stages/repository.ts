/** The repository over the guarded adapter: typed requests in, answers out. */

import type { EntityRecord } from "../../../src/model/value.ts";
import { newCall } from "../database.ts";
import { orderEntity } from "../order.ts";
import { BATCH, expect, nth, PAGE, type OpenStage } from "../stage.ts";
import { openRepository } from "./house.ts";

const read = { readMask: undefined, showDeleted: false, consistency: undefined };
const list = { ...read, orderBy: "", pageSize: PAGE, pageToken: "", skip: 0, total: "none", allowScan: false } as const;
const write = { requestId: "", readMask: undefined, consistency: undefined, validateOnly: false };
const update = {
  ...write,
  condition: undefined,
  expectedVersion: undefined,
  updateMask: undefined,
  increment: undefined,
  append: undefined,
  remove: undefined,
  allowMissing: false,
};

export const openRepositoryStage: OpenStage = async (file, inputs) => {
  const { model } = await orderEntity();
  const { repository, ...opened } = await openRepository(file, model);
  const ordinal = (name: string): number => model.fields.find((field) => field.name === name)?.ordinal ?? -1;
  const [user, status] = [ordinal("user_id"), ordinal("status")];
  const fresh = inputs.orders.map((order) => order.with(0, undefined));
  const blank: EntityRecord = model.fields.map(() => undefined);
  const changed = blank.with(status, "shipped");
  return {
    server: undefined,
    operations: {
      Get: async (n) => {
        const { record } = await repository.get({ ...read, key: [nth(inputs.ids, n)] }, newCall());
        expect(record.length > 0, "no row");
      },
      BatchGet: async (n) => {
        const keys = nth(inputs.batches, n).map((id) => [id]);
        const items = await repository.batchGet({ ...read, keys }, newCall());
        expect(items.length === BATCH && items.every(({ kind }) => kind === "entity"), "a row is missing");
      },
      List: async (n) => {
        const where = { kind: "condition", op: "eq", ordinal: user, value: nth(inputs.users, n) } as const;
        const { entities } = await repository.list({ ...list, where }, newCall());
        expect(entities.length === PAGE, "no page");
      },
      Create: async (n) => {
        const { created } = await repository.create({ ...write, entity: nth(fresh, n) }, newCall());
        expect(created, "not created");
      },
      Update: async (n) => {
        const entity = changed.with(0, nth(inputs.ids, n));
        const { entity: row } = await repository.update({ ...update, entity }, newCall());
        expect(row !== undefined, "not updated");
      },
    },
    close: () => opened.close(),
  };
};
