/** DESIGN 5.4: orders that are not served. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { plans } from "../plant.ts";
import { refusal } from "../refusal.ts";

export const clause: Clause = {
  name: "an order without an index is refused, and Scan does not sort either",
  needs: [],
  async run(subject) {
    const accounts = subject.rows("Account");
    await accounts.create({ id: subject.unique("unserved") });
    const fault = await refusal("SCAN_REQUIRED", accounts.list({ orderBy: "name" }));
    expect(fault.code).toBe("FAILED_PRECONDITION");
    await refusal("SCAN_REQUIRED", accounts.list({ orderBy: "int64_count desc", where: { id: { gt: "" } } }));
    await refusal("SCAN_REQUIRED", accounts.scan({ orderBy: "name" }));
  },
};

export const fault: PlantedFault = {
  name: "every order passes for served",
  plant: (adapter) =>
    plans(adapter, (plan, { order }) => (order.length > 0 ? { ...plan, needsScan: false, ordered: true } : plan)),
};
