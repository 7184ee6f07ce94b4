/** DESIGN 5.4: what a key serves. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { ascending } from "../plain.ts";
import { plans } from "../plant.ts";

export const clause: Clause = {
  name: "equal leading fields and one range of a key are served without allow_scan",
  needs: ["key_order", "range"],
  async run(subject) {
    const rows = subject.rows("Composite");
    const tenant = subject.unique("served-key");
    for (const number of [-3n, -1n, 0n, 2n, 4n]) await rows.create({ tenant, shard: 1n, number, at: 0n, name: "n" });
    await rows.create({ tenant, shard: 2n, number: 2n, at: 0n, name: "n" });
    const numbers = async (where: object, orderBy = ""): Promise<readonly unknown[]> =>
      (await rows.pages({ where: { tenant: { eq: tenant }, ...where }, orderBy, pageSize: 2 })).map(
        (row) => row.number,
      );
    const shard = { shard: { eq: 1n } };
    expect(await numbers({ ...shard, number: { gt: -3n, lte: 2n } }, "number desc")).toEqual([2n, 0n, -1n]);
    expect(await numbers({ ...shard, number: { gte: -1n, lt: 4n } }, "number")).toEqual([-1n, 0n, 2n]);
    expect(await numbers({ shard: { gte: 2n } })).toEqual([2n]);
    expect(await numbers({ shard: { one_of: [2n, 3n] } })).toEqual([2n]);
    expect(await rows.count({ tenant: { eq: tenant }, ...shard })).toBe(5);
    const names = subject.rows("CompositeByName");
    for (const name of ["a", "ab", "ab\u{10FFFF}", "ac", "b"]) await names.create({ tenant, name });
    const prefixed = await names.list({ where: { tenant: { eq: tenant }, name: { starts_with: "ab" } } });
    expect(ascending(prefixed.rows.map((row) => row.name))).toEqual(["ab", "ab\u{10FFFF}"]);
  },
};

export const fault: PlantedFault = {
  name: "the lower bound of a range is not looked at",
  plant: (adapter) =>
    plans(adapter, (plan) => {
      if (plan.access.kind !== "key") return plan;
      const ranges = plan.access.ranges.map((range) => {
        const { lower: _, ...open } = range;
        return open;
      });
      return { ...plan, access: { ...plan.access, ranges } };
    }),
};
