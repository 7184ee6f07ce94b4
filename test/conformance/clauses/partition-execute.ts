/** DESIGN 4: Execute within one partition. */

import { expect } from "vitest";
import { has } from "../../../src/adapter/capabilities.ts";
import type { Clause, PlantedFault } from "../clause.ts";
import { execute } from "../execute.ts";
import { altered } from "../plant.ts";
import { refusal } from "../refusal.ts";

export const clause: Clause = {
  name: "an Execute within one partition reads what it has written, and what it has looked at is so when it is done",
  needs: [["execute", "partition_execute"], "execute_read", "increment"],
  async run(subject) {
    const rows = subject.rows("Composite");
    const { op } = rows;
    const tenant = subject.unique("partition-execute");
    const key = (number: bigint, shard = 1n) => ({ tenant, shard, number, at: 0n, name: "n" });
    await rows.create({ ...key(1n), note: "first", count: 1n });
    const steps = [
      op.get(key(1n)),
      op.exists(key(2n)),
      op.update(key(1n), { increment: { count: 1n } }),
      op.create({ ...key(2n), note: "made" }),
      op.exists(key(2n)),
      op.get(key(1n)),
    ];
    expect(await execute(subject, steps)).toMatchObject([
      { row: { count: 1n, note: "first" } },
      { exists: false },
      { row: { count: 2n } },
      { created: true, row: { note: "made" } },
      { exists: true },
      { row: { count: 2n } },
    ]);
    const doomed = [op.create(key(3n)), op.update({ ...key(1n), note: "doomed" }), op.get(key(4n))];
    const fault = await refusal("ROW_NOT_FOUND", execute(subject, doomed));
    expect(fault.detail.index).toBe(2);
    await refusal("ROW_NOT_FOUND", rows.get(key(3n)));
    expect(await rows.get(key(1n))).toMatchObject({ note: "first" });

    // Each makes the next row, having seen that it is the first that is missing: no row is made twice, none left out.
    const next = async (number: bigint): Promise<boolean> => {
      try {
        await execute(subject, [op.get(key(number - 1n)), op.create(key(number))]);
        return true;
      } catch {
        return false;
      }
    };
    const made = await Promise.all([3n, 3n, 3n].map(next));
    expect(made.filter(Boolean)).toHaveLength(1);
    expect(await execute(subject, [op.get(key(3n)), op.exists(key(9n))])).toMatchObject([{}, { exists: false }]);

    const calls = subject.calls();
    const wide = execute(subject, [op.create(key(7n)), op.create(key(7n, 2n))]);
    if (has(subject.capabilities, "execute")) expect(await wide).toHaveLength(2);
    else {
      const refused = await refusal("CAPABILITY_MISSING", wide);
      expect(refused.detail).toMatchObject({ index: 1, metadata: { capability: "partition_execute" } });
      expect(subject.calls()).toBe(calls);
    }
  },
};

export const fault: PlantedFault = {
  name: "an Execute within a partition answers its reads with rows from before its writes",
  plant: (adapter) =>
    altered(adapter, {
      ...(adapter.execute && {
        async execute(request, call) {
          const result = await adapter.execute!(request, call);
          const found = result.kind === "reused" ? [] : result.outcomes;
          const [first] = request.steps;
          if (first?.kind !== "read" || !first.key.entity.name.endsWith(".Composite")) return result;
          const before = found[0];
          const outcomes = found.map((outcome) =>
            outcome.status === "found" && before?.status === "found" ? before : outcome,
          );
          return { kind: "fresh", outcomes };
        },
      }),
    }),
};
