/** DESIGN 5.5: rows equal in the asked order. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { textOf } from "../plain.ts";
import { scans, withRows } from "../plant.ts";

export const clause: Clause = {
  name: "ties follow the key in the direction of the last term",
  needs: ["index_partition_order", "tie_order", "absent_in_index"],
  async run(subject) {
    const accounts = subject.rows("Account");
    const status = subject.unique("ties");
    const ids = [];
    for (let i = 0; i < 6; i++) ids.push((await accounts.create({ id: subject.unique("tie"), status })).id);
    const where = { status: { eq: status } };
    const down = await accounts.pages({ where, orderBy: "created_at desc", pageSize: 4 });
    expect(down.map((row) => row.id)).toEqual(ids.toReversed());
    const up = await accounts.pages({ where, orderBy: "created_at", pageSize: 4 });
    expect(up.map((row) => row.id)).toEqual(ids);
  },
};

export const fault: PlantedFault = {
  name: "ties always follow the key upwards",
  plant: (adapter) =>
    scans(adapter, (answer, { entity, order }) => {
      const { createdAt } = entity.managed;
      const id = entity.key[0]!.ordinal;
      if (createdAt === undefined || !order.some((term) => term.ordinal === createdAt && term.desc)) return answer;
      const rows = answer.rows.toSorted((a, b) =>
        a[createdAt] === b[createdAt] ? (textOf(a[id]) < textOf(b[id]) ? -1 : 1) : 0,
      );
      return withRows(answer, rows);
    }),
};
