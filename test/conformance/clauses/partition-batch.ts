/** DESIGN 5.8: atomic batches within one partition. */

import { expect } from "vitest";
import { has } from "../../../src/adapter/capabilities.ts";
import type { Clause, PlantedFault } from "../clause.ts";
import { altered } from "../plant.ts";
import { refusal } from "../refusal.ts";

export const clause: Clause = {
  name: "rows of one partition are written together or not at all; where the store reaches no further, more is refused before it is asked",
  needs: [["atomic_batch", "partition_batch"], "increment", "conditional_write"],
  async run(subject) {
    const rows = subject.rows("Composite");
    const { op } = rows;
    const tenant = subject.unique("partition-batch");
    const key = (number: bigint, shard = 1n): Row => ({ tenant, shard, number, at: 0n, name: "n" });
    const first = await rows.create({ ...key(1n), note: "first", count: 1n });
    const changes = [
      op.update(key(1n), { increment: { count: 5n } }),
      op.create({ ...key(2n), note: "new" }),
      op.update(key(1n), { increment: { count: 5n } }),
      op.put({ ...key(3n), note: "put" }),
      op.delete(key(2n)),
    ];
    const fault = await refusal("KEY_EXISTS", rows.batchWrite([...changes, op.create(key(3n))], { atomic: true }));
    expect(fault.detail.index).toBe(5);
    expect(await rows.get(key(1n))).toEqual(first);
    await refusal("ROW_NOT_FOUND", rows.get(key(3n)));
    const unmet = op.update({ ...key(1n), note: "x" }, { condition: { count: { gt: 11n } } });
    await refusal("CONDITION_FAILED", rows.batchWrite([...changes, unmet], { atomic: true }));
    const met = op.update({ ...key(1n), note: "met" }, { condition: { count: { eq: 11n } } });
    const written = await rows.batchWrite([...changes, met], { atomic: true });
    expect(written.at(-1)).toMatchObject({ row: { count: 11n, note: "met" } });
    expect(await rows.get(key(1n))).toMatchObject({ count: 11n, note: "met" });
    expect(await rows.get(key(3n))).toMatchObject({ note: "put" });
    await refusal("ROW_NOT_FOUND", rows.get(key(2n)));

    // Nothing is lost and nothing torn where batches of one partition race.
    const both = [1n, 3n].map((number) => op.update(key(number), { increment: { count: 1n } }));
    await Promise.all(Array.from({ length: 8 }, () => rows.batchWrite(both, { atomic: true })));
    expect(await rows.get(key(1n))).toMatchObject({ count: 19n });
    expect(await rows.get(key(3n))).toMatchObject({ count: 8n });

    const calls = subject.calls();
    const wide = rows.batchWrite([op.create(key(7n)), op.create(key(7n, 2n))], { atomic: true });
    if (has(subject.capabilities, "atomic_batch")) expect(await wide).toHaveLength(2);
    else {
      const refused = await refusal("CAPABILITY_MISSING", wide);
      expect(refused.detail).toMatchObject({ index: 1, metadata: { capability: "partition_batch" } });
      expect(subject.calls()).toBe(calls);
    }
  },
};

type Row = { readonly tenant: string; readonly shard: bigint; readonly number: bigint; at: bigint; name: string };

export const fault: PlantedFault = {
  name: "the first write of an atomic batch within a partition is done by itself",
  plant: (adapter) =>
    altered(adapter, {
      async write(request, call) {
        const [first] = request.mutations;
        const isMine = request.atomic && !request.request && first?.entity.name.endsWith(".Composite");
        if (isMine) await adapter.write({ ...request, mutations: request.mutations.slice(0, 1) }, call);
        return adapter.write(request, call);
      },
    }),
};
