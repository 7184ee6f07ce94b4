/** DESIGN 5.4: default_order_by. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { scans, withRows } from "../plant.ts";

export const clause: Clause = {
  name: "the default order applies where it is served, and is overridden by a request's own",
  needs: ["index_partition_order", "partition_order"],
  async run(subject) {
    const entries = subject.rows("Entry");
    const journal = subject.unique("journal");
    for (const rank of [2n, 5n, 1n, 4n, 3n]) await entries.create({ journal, id: `${6n - rank}-${rank}`, rank });
    const where = { journal: { eq: journal } };
    const ranks = async (orderBy: string): Promise<unknown> =>
      (await entries.pages({ where, orderBy, pageSize: 2 })).map((row) => row.rank);
    expect(await ranks("")).toEqual([5n, 4n, 3n, 2n, 1n]);
    expect(await ranks("rank")).toEqual([1n, 2n, 3n, 4n, 5n]);
    expect(await ranks("id desc")).toEqual([1n, 2n, 3n, 4n, 5n]);
    expect(await ranks("id")).toEqual([5n, 4n, 3n, 2n, 1n]);
  },
};

export const fault: PlantedFault = {
  name: "an order that comes by default is delivered from behind",
  plant: (adapter) =>
    scans(adapter, (answer, { access, order }) =>
      access.kind === "index" && order.length > 0 ? withRows(answer, answer.rows.toReversed()) : answer,
    ),
};
