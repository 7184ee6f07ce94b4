/** DESIGN 5.4: a list without filter and order. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import type { PlainValue } from "../plain.ts";
import { scans } from "../plant.ts";

export const clause: Clause = {
  name: "everything can be listed, in an order that stays over the pages",
  needs: [],
  async run(subject) {
    const rows = subject.rows("Guarded");
    const made = new Set<PlainValue | undefined>();
    for (let i = 0; i < 12; i++)
      made.add((await rows.create({ id: subject.unique("all"), title: "t", owner: "o" })).id);
    const first = await rows.pages({ pageSize: 5 });
    const again = await rows.pages({ pageSize: 7 });
    expect(again).toEqual(first);
    const ids = first.map((row) => row.id);
    expect(new Set(ids).size).toBe(ids.length);
    expect([...made].filter((id) => !ids.includes(id))).toEqual([]);
    expect((await rows.scan({ pageSize: 3 })).map((row) => row.id)).toEqual(ids);
  },
};

export const fault: PlantedFault = {
  name: "a read of everything ends with its first window",
  plant: (adapter) =>
    scans(adapter, ({ next, ...answer }, { access }) => {
      const bounded =
        access.kind !== "full" && access.ranges.some(({ eq, lower, upper }) => eq.length > 0 || lower || upper);
      return bounded && next ? { ...answer, next } : answer;
    }),
};
