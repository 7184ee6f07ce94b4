/** DESIGN 5.5: skip. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { scans } from "../plant.ts";

export const clause: Clause = {
  name: "skip leaves out rows from the start of the query, and is ignored with a token",
  needs: ["skip"],
  async run(subject) {
    const rows = subject.rows("Composite");
    const tenant = subject.unique("skip");
    for (let i = 0n; i < 9n; i++) await rows.create({ tenant, shard: 1n, number: i, at: 0n, name: "n" });
    const where = { tenant: { eq: tenant }, shard: { eq: 1n } };
    const whole = (await rows.list({ where })).rows;
    const first = await rows.list({ where, skip: 3, pageSize: 2 });
    expect(first.rows).toEqual(whole.slice(3, 5));
    const second = await rows.list({ where, skip: 3, pageSize: 2, pageToken: first.next });
    expect(second.rows).toEqual(whole.slice(5, 7));
    expect((await rows.list({ where, skip: 100 })).rows).toEqual([]);
    const sorted = await rows.list({ where, skip: 4, pageSize: 3, orderBy: "count, number", allowScan: true });
    expect(sorted.rows.map((row) => row.number)).toEqual([4n, 5n, 6n]);
  },
};

export const fault: PlantedFault = {
  name: "a cursor stands one row too early",
  plant: (adapter) =>
    scans(adapter, (answer, _plan, { after }) => ({
      ...answer,
      cursor: (index) => answer.cursor(after ? index : Math.max(index - 1, 0)),
      ...(answer.next && !after && answer.rows.length > 1 && { next: answer.cursor(answer.rows.length - 2) }),
    })),
};
