/** Rows that no answer may hold, as another process or an older limit may leave them. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { createOf } from "../direct.ts";
import { mutations } from "../plant.ts";
import { reasons, refusal } from "../refusal.ts";
import { testCall } from "../rows.ts";

const HUGE = "x".repeat(5_000_000);

export const clause: Clause = {
  name: "a row that no answer holds is refused and left as it is, unless a read mask leaves out what is large",
  needs: ["large_rows"],
  async run(subject) {
    const rows = subject.rows("Composite");
    const tenant = subject.unique("unanswerable");
    const before = { tenant, shard: 1n, number: 1n, at: 0n, name: "a" };
    const key = { ...before, name: "b" };
    const readMask = ["count"];
    const where = { tenant: { eq: tenant }, shard: { eq: 1n } };
    const create = createOf(subject, rows.entity, { ...key, note: HUGE, count: 1n });
    const options = { atomic: false, returning: false, consistency: undefined };
    await subject.adapter.write({ mutations: [create], ...options }, testCall());
    await rows.create(before);
    try {
      const fault = await refusal("ROW_TOO_LARGE", rows.get(key));
      expect(fault.detail.metadata).toEqual({ key_fields: "tenant, shard, number, at, name" });
      expect(await rows.get(key, { readMask })).toMatchObject({ count: 1n });
      expect(reasons(await rows.batchGet([key, before]))).toEqual(["ROW_TOO_LARGE", undefined]);
      await refusal("ROW_TOO_LARGE", rows.pages({ where }));
      await refusal("ROW_TOO_LARGE", rows.scan({ where }));
      expect(await rows.pages({ where, readMask })).toHaveLength(2);

      await refusal("ROW_TOO_LARGE", rows.update({ ...key, count: 2n }));
      await refusal("ROW_TOO_LARGE", rows.delete(key));
      expect((await rows.get(key, { readMask })).count, "the row after writes that were refused").toBe(1n);
      expect((await rows.update({ ...key, count: 3n }, { readMask })).row).toMatchObject({ count: 3n });
      const [item] = await rows.batchWrite([rows.op.update({ ...key, count: 4n })]);
      expect(item).toMatchObject({ trimmed: true, row: { name: "b" } });
    } finally {
      for (const each of [key, before])
        await rows.delete(each, { allowMissing: true, readMask: ["tenant", "shard", "number", "at", "name"] });
    }
  },
};

export const fault: PlantedFault = {
  name: "a write is done though its answer cannot be sent",
  plant: (adapter) =>
    mutations(adapter, (mutation) => {
      const { answer: _, ...unlimited } = mutation;
      return unlimited;
    }),
};
