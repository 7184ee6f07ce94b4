/** DESIGN 5.4: order within a partition and over partitions. */

import { expect } from "vitest";
import { has } from "../../../src/adapter/capabilities.ts";
import type { Clause, PlantedFault } from "../clause.ts";
import { scans, withRows } from "../plant.ts";
import { refusal } from "../refusal.ts";
import type { Where } from "../plain.ts";

export const clause: Clause = {
  name: "an order is served within one partition, and over partitions only where all rows are one sequence",
  needs: ["partition_order", "range"],
  async run(subject) {
    const rows = subject.rows("CompositeByNumber");
    const tenant = subject.unique("one");
    const tenants = [tenant, subject.unique("other")];
    const numbers = [3n, -1n, 0n, 7n, 2n];
    for (const each of tenants) for (const number of numbers) await rows.create({ tenant: each, number });
    const asked = async (where: Where, orderBy: string, allowScan = false): Promise<readonly unknown[]> =>
      (await rows.pages({ where, orderBy, pageSize: 2, allowScan })).map((row) => row.number);
    const one = { tenant: { eq: tenant } };
    expect(await asked(one, "number")).toEqual([-1n, 0n, 2n, 3n, 7n]);
    expect(await asked(one, "number desc")).toEqual([7n, 3n, 2n, 0n, -1n]);
    expect(await asked({ ...one, number: { gt: -1n, lte: 3n } }, "number desc")).toEqual([3n, 2n, 0n]);
    const both = { tenant: { one_of: tenants } };
    const found = await rows.pages({ where: both, pageSize: 3 });
    const merged = [-1n, -1n, 0n, 0n, 2n, 2n, 3n, 3n, 7n, 7n];
    expect(found.map((row) => row.number).toSorted((a, b) => Number(a) - Number(b))).toEqual(merged);
    for (const each of tenants) expect(found.filter((row) => row.tenant === each)).toHaveLength(numbers.length);
    if (!has(subject.capabilities, "key_order")) {
      await refusal("SCAN_REQUIRED", rows.list({ where: both, orderBy: "number" }));
      await refusal("SCAN_REQUIRED", rows.list({ orderBy: "tenant, number desc" }));
    } else expect(await asked(both, "number")).toEqual(merged);
    expect(await asked(both, "number", true)).toEqual(merged);
  },
};

export const fault: PlantedFault = {
  name: "a partition is read backwards as it is forwards",
  plant: (adapter) =>
    scans(adapter, (answer, { access, entity }) =>
      entity.name.endsWith(".CompositeByNumber") && access.kind === "key" && access.reverse
        ? withRows(answer, answer.rows.toReversed())
        : answer,
    ),
};
