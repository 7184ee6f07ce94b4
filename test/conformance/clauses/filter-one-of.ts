/** DESIGN 5.4: one_of. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { ascending } from "../plain.ts";
import { plans } from "../plant.ts";

export const clause: Clause = {
  name: "one_of finds each of its values, by key, and by any field",
  needs: [],
  async run(subject) {
    const accounts = subject.rows("Account");
    const name = subject.unique("one-of");
    const ids = Array.from({ length: 12 }, (_, i) => `${name}-${String(i).padStart(2, "0")}`);
    for (const [i, id] of ids.entries()) await accounts.create({ id, name, int64_count: BigInt(i) });
    const byKey = await accounts.pages({ where: { id: { one_of: [...ids, "nobody"] } }, pageSize: 5 });
    expect(ascending(byKey.map((row) => row.id))).toEqual(ids);
    const where = { name: { eq: name }, int64_count: { one_of: [11n, 3n, 99n] } };
    const byField = await accounts.pages({ where, allowScan: true });
    expect(ascending(byField.map((row) => row.int64_count))).toEqual([3n, 11n]);
    expect(await accounts.count({ id: { one_of: ids.slice(0, 3) } })).toBe(3);
  },
};

export const fault: PlantedFault = {
  name: "the last of several ranges is not read",
  plant: (adapter) =>
    plans(adapter, (plan) => {
      if (plan.access.kind === "full" || plan.access.ranges.length < 2) return plan;
      return { ...plan, access: { ...plan.access, ranges: plan.access.ranges.slice(0, -1) } };
    }),
};
