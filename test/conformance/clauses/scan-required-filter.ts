/** DESIGN 5.4: filters that are not served. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { plans } from "../plant.ts";
import { refusal } from "../refusal.ts";

export const clause: Clause = {
  name: "a filter without a range is refused, by List, Count and Exists alike, unless allow_scan is said",
  needs: [],
  async run(subject) {
    const accounts = subject.rows("Account");
    const name = subject.unique("unserved");
    await accounts.create({ id: name, name, status: name });
    const wheres = [
      { name: { eq: name } },
      { none: [{ id: { eq: name } }] },
      { any: [{ id: { eq: name } }, { name: { eq: name } }] },
    ];
    for (const where of wheres) {
      await refusal("SCAN_REQUIRED", accounts.list({ where }));
      await refusal("SCAN_REQUIRED", accounts.count(where));
      await refusal("SCAN_REQUIRED", accounts.exists({ where }));
    }
    await refusal("SCAN_REQUIRED", accounts.count());
    await refusal("SCAN_REQUIRED", accounts.exists({}));
    const where = { name: { eq: name } };
    expect((await accounts.list({ where, allowScan: true })).rows).toHaveLength(1);
    expect(await accounts.count(where, { allowScan: true })).toBe(1);
    expect(await accounts.exists({ where, allowScan: true })).toBe(true);
    expect(await accounts.count(undefined, { allowScan: true })).toBeGreaterThan(0);
  },
};

export const fault: PlantedFault = {
  name: "every filter passes for served",
  plant: (adapter) => plans(adapter, (plan, { order }) => (order.length === 0 ? { ...plan, needsScan: false } : plan)),
};
