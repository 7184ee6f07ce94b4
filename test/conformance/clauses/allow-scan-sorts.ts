/** DESIGN 5.4: allow_scan with an order. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { plans } from "../plant.ts";

export const clause: Clause = {
  name: "with allow_scan any order is delivered, page by page",
  needs: [],
  async run(subject) {
    const accounts = subject.rows("Account");
    const status = subject.unique("sorted");
    const counts = [5, -1, undefined, 3, 3, 0, 9, 3, undefined, 7];
    for (const int32_count of counts) await accounts.create({ id: subject.unique("sorted"), status, int32_count });
    const where = { name: { is_null: true }, all: [{ status: { eq: status } }, { status: { ne: "" } }] };
    for (const pageSize of [1, 3, 10]) {
      const up = await accounts.pages({ where, orderBy: "int32_count", pageSize, allowScan: true });
      expect(up.map((row) => row.int32_count)).toEqual([undefined, undefined, -1, 0, 3, 3, 3, 5, 7, 9]);
      expect(new Set(up.map((row) => row.id)).size).toBe(10);
      const down = await accounts.pages({ where, orderBy: "int32_count desc", pageSize, allowScan: true });
      expect(down.map((row) => row.int32_count)).toEqual([9, 7, 5, 3, 3, 3, 0, -1, undefined, undefined]);
    }
  },
};

export const fault: PlantedFault = {
  name: "an order the store cannot deliver passes for delivered",
  plant: (adapter) => plans(adapter, (plan) => ({ ...plan, ordered: true })),
};
