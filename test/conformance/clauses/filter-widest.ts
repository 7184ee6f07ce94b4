/** DESIGN 5.4, 5.9: a filter inside the limits is answered by every store, however wide it is. */

import { expect } from "vitest";
import type { Filter } from "../../../src/model/filter.ts";
import type { Clause, PlantedFault } from "../clause.ts";
import { altered } from "../plant.ts";

const WIDEST = 999;

export const clause: Clause = {
  name: "the widest filters that are taken are answered",
  needs: [],
  async run(subject) {
    const rows = subject.rows("Account");
    const id = subject.unique("widest");
    const roles = ["a", "b"];
    await rows.create({ id, name: "n0", roles });
    const names = Array.from({ length: WIDEST }, (_, i) => ({ name: { eq: `n${i}` } }));
    const wanted = [
      { id: { eq: id }, any: names },
      { id: { eq: id }, all: Array.from({ length: WIDEST }, () => ({ roles: { has: "a" } })) },
      { id: { eq: id }, none: names.slice(1) },
      {
        id: { eq: id },
        any: Array.from({ length: WIDEST }, (_, i) => ({ roles: { has: `r${i % 7}` } })).concat({
          roles: { has: "b" },
        }),
      },
    ];
    for (const where of wanted) {
      const page = await rows.list({ where, allowScan: true });
      expect(page.rows.map((row) => row.id)).toEqual([id]);
      expect(await rows.exists({ where })).toBe(true);
    }
    await rows.update({ id, name: "changed" }, { condition: { any: names } });
    expect((await rows.get({ id })).name).toBe("changed");
  },
};

function widest(filter: Filter | undefined): number {
  if (!filter) return 0;
  if (filter.kind === "not") return widest(filter.term);
  return filter.kind === "group" ? Math.max(filter.terms.length, ...filter.terms.map(widest)) : 1;
}

export const fault: PlantedFault = {
  name: "a filter of 900 terms is too deep for the store",
  plant: (adapter) =>
    altered(adapter, {
      scan: (plan, window, call) => {
        if (widest(plan.pushed ?? plan.residual) > 900)
          throw new Error("Expression tree is too large (maximum depth 1000)");
        return adapter.scan(plan, window, call);
      },
    }),
};
