/** Steps done and undone at random: the key, every index and the sweeper's order must say the same. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { createMemory } from "../../../../src/adapter/memory/memory.ts";
import { reference } from "../../../../src/adapter/memory/profile.ts";
import { createCall, type Call } from "../../../../src/model/call.ts";
import { compareInOrder } from "../../../../src/model/compare.ts";
import { keyText } from "../../../../src/model/key.ts";
import type { Mutation } from "../../../../src/model/mutation.ts";
import { normalise } from "../../../../src/model/record.ts";
import { transition } from "../../../../src/model/transition.ts";
import type { EntityRecord } from "../../../../src/model/value.ts";
import { entityOf, int32, text, timestamp } from "../../model/sample.ts";
import { openOptions } from "../sqlite/store.ts";

const call: Call = createCall({ timeout: Infinity, requestId: "test" }).call;
const entity = entityOf({
  fields: { id: text, group: text, rank: int32, deleted_at: timestamp },
  key: ["id"],
  indexes: [["group", "rank desc"], ["rank"]],
  managed: { deletedAt: "deleted_at" },
});
const ids = fc.constantFrom("a", "b", "c", "d");
const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined });
const mutations: fc.Arbitrary<Mutation> = fc
  .record({
    kind: fc.constantFrom("create", "put", "delete", "remove", "undelete"),
    id: ids,
    group: optional(ids),
    rank: optional(fc.nat({ max: 3 })),
  })
  .map(({ kind, id, group, rank }): Mutation => {
    const base = { entity, key: [id], now: 1n };
    const record = normalise(entity.message, [id, group, rank, undefined]);
    if (kind === "create") return { ...base, kind, record };
    if (kind === "put") return { ...base, kind, record, generated: [], restore: false };
    if (kind === "undelete") return { ...base, kind };
    return { ...base, kind: "delete", soft: kind === "delete", allowMissing: false };
  });
const steps = fc.array(
  fc.record({ mutations: fc.array(mutations, { minLength: 1, maxLength: 5 }), atomic: fc.boolean() }),
  { maxLength: 12 },
);

/** The same on a plain map: a step that is atomic keeps its copy only if all of it applied. */
function play(
  rows: ReadonlyMap<string, EntityRecord>,
  all: readonly Mutation[],
  atomic: boolean,
): ReadonlyMap<string, EntityRecord> {
  const next = new Map(rows);
  for (const mutation of all) {
    const id = keyText(mutation.key);
    const decision = transition(mutation, next.get(id));
    if (decision.action === "reject" && atomic) return rows;
    if (decision.action === "store") next.set(id, decision.record);
    if (decision.action === "remove") next.delete(id);
  }
  return next;
}

test("every path delivers exactly the rows that stand", async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      const store = createMemory(openOptions([entity], { dataDir: "", clock: { now: () => 0n } }), reference);
      let oracle: ReadonlyMap<string, EntityRecord> = new Map();
      for (const step of all) {
        await store.write({ ...step, returning: true, consistency: undefined }, call);
        oracle = play(oracle, step.mutations, step.atomic);
      }
      for (const order of [[], ...entity.indexes.map((index) => index.parts)]) {
        const plan = store.plan({ entity, order });
        const window = {
          limit: 100,
          maxBytes: 1e6,
          fields: undefined,
          visible: { deleted: true, now: 0n },
          consistency: undefined,
        };
        const { rows } = await store.scan(plan, window, call);
        expect(rows).toEqual([...oracle.values()].toSorted((a, b) => compareInOrder(entity.fields, plan.order, a, b)));
      }
      await store.close();
    }),
    { numRuns: 300 },
  );
});
