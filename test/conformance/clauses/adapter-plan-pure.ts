/** The adapter's contract: plan. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { filter } from "../plain.ts";
import { plans } from "../plant.ts";

export const clause: Clause = {
  name: "the same question is planned the same way each time, without I/O",
  needs: [],
  async run(subject) {
    const { entity } = subject.rows("Account");
    const ordinal = entity.fields.find((field) => field.name === "name")!.ordinal;
    const wheres = [
      { id: { eq: "x" } },
      { status: { eq: "open" } },
      { name: { eq: "x" }, status: { one_of: ["a", "b"] } },
    ];
    const before = subject.calls();
    for (const where of wheres) {
      for (const order of [[], [{ ordinal, desc: true }], [{ ordinal: 0, desc: false }]]) {
        const query = { entity, where: filter(entity, where), order };
        const [first, second, third] = [1, 2, 3].map(() => subject.adapter.plan(query));
        expect(second).toEqual(first);
        expect(third).toEqual(first);
        expect(first?.entity).toBe(entity);
      }
    }
    expect(subject.calls()).toBe(before);
  },
};

export const fault: PlantedFault = {
  name: "a plan remembers the one before",
  plant: (adapter) => {
    let asked = 0;
    return plans(adapter, (plan) => ({ ...plan, wanted: `${plan.wanted ?? "()"} ${asked++}` }));
  },
};
