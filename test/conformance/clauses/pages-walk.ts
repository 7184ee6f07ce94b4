/** DESIGN 5.5: all pages together. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { scans } from "../plant.ts";

export const clause: Clause = {
  name: "the pages of a list are the list, whatever their size",
  needs: [],
  async run(subject) {
    const rows = subject.rows("Composite");
    const tenant = subject.unique("pages");
    for (let i = 0; i < 23; i++)
      await rows.create({ tenant, shard: 1n, number: BigInt((i * 7) % 23), at: 0n, name: "n" });
    const where = { tenant: { eq: tenant }, shard: { eq: 1n } };
    const whole = (await rows.list({ where, pageSize: 1000 })).rows;
    expect(new Set(whole.map((row) => row.number)).size).toBe(23);
    for (const pageSize of [1, 2, 5, 22, 23, 24]) expect(await rows.pages({ where, pageSize })).toEqual(whole);
    expect((await rows.list({ where, pageSize: 1000 })).next).toBe("");
  },
};

export const fault: PlantedFault = {
  name: "a cursor stands one row too far",
  plant: (adapter) =>
    scans(adapter, (answer) => ({
      ...answer,
      cursor: (index) => answer.cursor(Math.min(index + 1, answer.rows.length - 1)),
      ...(answer.next && answer.rows.length > 1 && { next: answer.cursor(0) }),
    })),
};
