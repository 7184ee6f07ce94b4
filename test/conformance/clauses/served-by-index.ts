/** DESIGN 5.4: what an index serves. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { ascending, type Where } from "../plain.ts";
import { plans } from "../plant.ts";

export const clause: Clause = {
  name: "equal leading fields and one range of an index are served without allow_scan",
  needs: ["index_order", "range", "absent_in_index", "exact_total"],
  async run(subject) {
    const tickets = subject.rows("Ticket");
    const holder = subject.unique("served");
    for (let seat = 0; seat < 6; seat++) await tickets.create({ id: subject.unique("seat"), holder, seat });
    await tickets.create({ id: subject.unique("seat"), holder: `${holder}x`, seat: 3 });
    const seats = async (where: Where, orderBy = ""): Promise<readonly unknown[]> =>
      (await tickets.pages({ where, orderBy, pageSize: 4 })).map((row) => row.seat);
    expect(ascending(await seats({ holder: { eq: holder } }))).toEqual([0, 1, 2, 3, 4, 5]);
    expect(await seats({ holder: { eq: holder }, seat: { gte: 2, lt: 5 } }, "seat desc")).toEqual([4, 3, 2]);
    expect(await seats({ holder: { eq: holder }, seat: { gt: 3 } }, "seat")).toEqual([4, 5]);
    expect(await seats({ holder: { eq: holder }, seat: { eq: 3 } })).toEqual([3]);
    expect(await tickets.count({ holder: { eq: holder }, seat: { lte: 1 } })).toBe(2);
    expect(await tickets.exists({ where: { holder: { eq: holder }, seat: { gt: 5 } } })).toBe(false);
    const { total } = await tickets.list({ where: { holder: { eq: holder } }, total: "exact", pageSize: 1 });
    expect(total).toBe(6);
  },
};

export const fault: PlantedFault = {
  name: "the bounds of a range are taken as inclusive",
  plant: (adapter) =>
    plans(adapter, (plan) => {
      if (plan.access.kind === "full") return plan;
      const ranges = plan.access.ranges.map((range) => ({
        ...range,
        ...(range.lower && { lower: { ...range.lower, inclusive: true } }),
        ...(range.upper && { upper: { ...range.upper, inclusive: true } }),
      }));
      return { ...plan, access: { ...plan.access, ranges } };
    }),
};
