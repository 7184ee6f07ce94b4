/** DESIGN 5.4: SCAN_REQUIRED says what is missing. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { plans } from "../plant.ts";
import { refusal } from "../refusal.ts";

export const clause: Clause = {
  name: "a refused scan names the index that would serve it",
  needs: ["index_order"],
  async run(subject) {
    const accounts = subject.rows("Account");
    const byFilter = await refusal("SCAN_REQUIRED", accounts.list({ where: { name: { eq: "x" } } }));
    expect(byFilter.message).toContain("(name)");
    const where = { status: { eq: "open" }, name: { eq: "x" } };
    const byOrder = await refusal("SCAN_REQUIRED", accounts.list({ where, orderBy: "updated_at desc" }));
    expect(byOrder.message).toMatch(/\(.*name.*updated_at desc.*\)/u);
  },
};

export const fault: PlantedFault = {
  name: "the plan does not say what is missing",
  plant: (adapter) =>
    plans(adapter, (plan) => {
      const { wanted: _, ...silent } = plan;
      return silent;
    }),
};
