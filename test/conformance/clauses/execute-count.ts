/** DESIGN 4: Count in Execute. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { execute } from "../execute.ts";
import { altered } from "../plant.ts";

export const clause: Clause = {
  name: "Count in Execute counts the writes before it",
  needs: ["execute", "execute_read"],
  async run(subject) {
    const rows = subject.rows("Composite");
    const tenant = subject.unique("execute-count");
    const key = (number: bigint): object => ({ tenant, shard: 1n, number, at: 0n, name: "n" });
    const where = { tenant: { eq: tenant }, shard: { eq: 1n } };
    await rows.create({ ...key(0n), count: 1n });
    const done = await execute(subject, [
      rows.op.count(where),
      rows.op.create({ ...key(1n), count: 2n }),
      rows.op.count(where),
      rows.op.count({ ...where, count: { gt: 1n } }),
      rows.op.delete({ ...key(0n) }),
      rows.op.count(where),
    ]);
    expect(done.map((answer) => ("count" in answer ? answer.count : "")).filter((count) => count !== "")).toEqual([
      1, 2, 1, 1,
    ]);
  },
};

export const fault: PlantedFault = {
  name: "Count in Execute forgets its filter",
  plant: (adapter) =>
    altered(adapter, {
      ...(adapter.execute && {
        execute: (request, call) => {
          const steps = request.steps.map((step) => {
            if (step.kind !== "count") return step;
            const { pushed: _, ...plan } = step.plan;
            return { ...step, plan };
          });
          return adapter.execute!({ ...request, steps }, call);
        },
      }),
    }),
};
