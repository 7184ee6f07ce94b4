/** DESIGN 5.4: several ranges in one order. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { scans, withRows } from "../plant.ts";
import { rangeOf } from "./one-of-pages.ts";

export const clause: Clause = {
  name: "the rows of several ranges come in one order",
  needs: ["index_order"],
  async run(subject) {
    const tickets = subject.rows("Ticket");
    const holders = ["c", "a", "b"].map((name) => subject.unique(`merged-${name}`));
    const ids = Array.from({ length: 12 }, () => subject.unique("merged"));
    for (const [seat, id] of ids.entries()) await tickets.create({ id, holder: holders[seat % 3], seat });
    const where = { holder: { one_of: holders } };
    const up = await tickets.list({ where, orderBy: "seat", pageSize: 50 });
    expect(up.rows.map((row) => row.seat)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    const down = await tickets.list({ where, orderBy: "seat desc", pageSize: 50 });
    expect(down.rows.map((row) => row.seat)).toEqual([11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
    for (const orderBy of ["id", "id desc"]) {
      const byKey = await tickets.list({ where: { id: { one_of: ids.toReversed() } }, orderBy, pageSize: 50 });
      const sorted = ids.toSorted();
      expect(byKey.rows.map((row) => row.id)).toEqual(orderBy === "id" ? sorted : sorted.toReversed());
    }
  },
};

export const fault: PlantedFault = {
  name: "ranges are concatenated instead of merged",
  plant: (adapter) =>
    scans(adapter, (answer, plan) =>
      withRows(
        answer,
        answer.rows.toSorted((a, b) => rangeOf(plan, a) - rangeOf(plan, b)),
      ),
    ),
};
