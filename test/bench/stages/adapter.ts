/** The SQLite adapter: records in, records out. */

import type { Cursor } from "../../../src/adapter/adapter.ts";
import { systemClock } from "../../../src/model/clock.ts";
import type { Mutation } from "../../../src/model/mutation.ts";
import { stampCreate } from "../../../src/repository/write/managed-fields.ts";
import { creating, newCall, openStore } from "../database.ts";
import { newOrderIds, orderEntity } from "../order.ts";
import { BATCH, expect, nth, PAGE, type OpenStage } from "../stage.ts";

export const openAdapter: OpenStage = async (file, inputs) => {
  const { model: entity } = await orderEntity();
  const store = await openStore(file, entity);
  const ordinal = (name: string): number => entity.fields.find((field) => field.name === name)?.ordinal ?? -1;
  const [user, created, status] = [ordinal("user_id"), ordinal("created_at"), ordinal("status")];
  const newId = newOrderIds(entity);
  const order = [{ ordinal: created, desc: true }];
  const window = {
    maxBytes: 2 ** 21,
    fields: undefined,
    visible: { deleted: false, now: 0n },
    consistency: undefined,
  };
  const read = async (ids: readonly string[]): Promise<void> => {
    const keys = ids.map((id) => ({ entity, key: [id] }));
    const outcomes = await store.read({ keys, fields: undefined, consistency: undefined }, newCall());
    expect(
      outcomes.every((outcome) => outcome.status === "found"),
      "a row is missing",
    );
  };
  const write = async (mutation: Mutation): Promise<void> => {
    const request = { mutations: [mutation], atomic: false, returning: true, consistency: undefined };
    const result = await store.write(request, newCall());
    expect(result.kind === "fresh" && result.outcomes[0]?.status === "applied", "not written");
  };
  return {
    server: undefined,
    operations: {
      Get: (n) => read([nth(inputs.ids, n)]),
      BatchGet: (n) => read(nth(inputs.batches, n).slice(0, BATCH)),
      List: async (n) => {
        const where = { kind: "condition", op: "eq", ordinal: user, value: nth(inputs.users, n) } as const;
        const plan = store.plan({ entity, where, order });
        let found = 0;
        for (let after: Cursor | undefined; found < PAGE;) {
          const { rows, next } = await store.scan(
            plan,
            { ...window, limit: PAGE - found, ...(after && { after }) },
            newCall(),
          );
          found += rows.length;
          if (!next) break;
          after = next; // a window may come short when many are read at once
        }
        expect(found === PAGE, "no page");
      },
      Create: (n) => write(creating(entity, stampCreate(entity, nth(inputs.orders, n), systemClock.now()), newId())),
      Update: (n) => {
        const now = BigInt(Date.now()) * 1_000_000n;
        const changes = [{ kind: "set", ordinal: status, value: "shipped" }] as const;
        const key = [nth(inputs.ids, n)];
        return write({ kind: "update", entity, key, now, changes, allowMissing: false, generated: [] });
      },
    },
    close: () => store.close(),
  };
};
