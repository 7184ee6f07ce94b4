/** DESIGN 4: Count and Exists. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { altered } from "../plant.ts";

export const clause: Clause = {
  name: "Count and Exists answer by key and by filter",
  needs: [],
  async run(subject) {
    const rows = subject.rows("Composite");
    const tenant = subject.unique("count");
    const key = { tenant, shard: 1n, number: 5n, at: 0n, name: "n" };
    const where = { tenant: { eq: tenant }, shard: { eq: 1n } };
    expect(await rows.count(where)).toBe(0);
    expect(await rows.exists({ where })).toBe(false);
    expect(await rows.exists({ key })).toBe(false);
    await rows.create(key);
    for (let i = 0n; i < 300n; i++) await rows.create({ ...key, number: 10n + i, count: i });
    expect(await rows.count(where)).toBe(301);
    expect(await rows.count({ ...where, count: { lt: 7n } })).toBe(7);
    expect(await rows.exists({ where: { ...where, count: { eq: 299n } } })).toBe(true);
    expect(await rows.exists({ where: { ...where, count: { eq: 300n } } })).toBe(false);
    expect(await rows.exists({ key })).toBe(true);
  },
};

export const fault: PlantedFault = {
  name: "counting stops at a hundred",
  plant: (adapter) =>
    altered(adapter, {
      ...(adapter.count && {
        count: async (plan, options, call) => Math.min(100, await adapter.count!(plan, options, call)),
      }),
    }),
};
