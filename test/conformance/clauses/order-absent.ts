/** DESIGN 5.1: absent values in an order. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { scans, withRows } from "../plant.ts";

export const clause: Clause = {
  name: "absent sorts first ascending and last descending",
  needs: ["index_partition_order", "absent_in_index"],
  async run(subject) {
    const tickets = subject.rows("Ticket");
    const holder = subject.unique("order-absent");
    for (const seat of [3, undefined, -1, 0]) await tickets.create({ id: subject.unique("seat"), holder, seat });
    const up = await tickets.pages({ where: { holder: { eq: holder } }, orderBy: "seat", pageSize: 1 });
    expect(up.map((row) => row.seat)).toEqual([undefined, -1, 0, 3]);
    const down = await tickets.pages({ where: { holder: { eq: holder } }, orderBy: "seat desc", pageSize: 1 });
    expect(down.map((row) => row.seat)).toEqual([3, 0, -1, undefined]);
    const absent = await tickets.list({ where: { holder: { eq: holder }, seat: { is_null: true } }, allowScan: true });
    expect(absent.rows).toHaveLength(1);
  },
};

export const fault: PlantedFault = {
  name: "rows with an absent value are not in an index",
  plant: (adapter) =>
    scans(adapter, (answer, { access }) => {
      if (access.kind !== "index") return answer;
      const { parts } = access.index;
      const kept = [...answer.rows.keys()].filter((i) =>
        parts.every((part) => answer.rows[i]?.[part.ordinal] !== undefined),
      );
      const rows = withRows(
        answer,
        kept.map((i) => answer.rows[i]!),
      );
      return { ...rows, cursor: (index) => answer.cursor(kept[index]!) };
    }),
};
