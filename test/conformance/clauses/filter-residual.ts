/** DESIGN 5.4: what is asked besides a range. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { ascending } from "../plain.ts";
import { filters } from "../plant.ts";

export const clause: Clause = {
  name: "what is asked besides the range of a key is asked of each of its rows",
  needs: [],
  async run(subject) {
    const rows = subject.rows("Composite");
    const tenant = subject.unique("residual");
    for (let i = 0; i < 8; i++)
      await rows.create({
        tenant,
        shard: 1n,
        number: BigInt(i),
        at: 0n,
        name: i % 2 ? "odd" : "even",
        count: BigInt(i),
      });
    const where = { tenant: { eq: tenant }, shard: { eq: 1n }, name: { eq: "odd" }, count: { gt: 2n } };
    const found = await rows.pages({ where, pageSize: 1 });
    expect(ascending(found.map((row) => row.count))).toEqual([3n, 5n, 7n]);
    expect(await rows.count(where)).toBe(3);
    expect(await rows.exists({ where: { ...where, count: { gt: 7n } } })).toBe(false);
  },
};

export const fault: PlantedFault = {
  name: "the last of what is asked besides the range is dropped",
  plant: (adapter) =>
    filters(adapter, (filter) => {
      if (filter.kind !== "group" || filter.op !== "and") return filter;
      const [only, ...rest] = filter.terms.slice(0, -1);
      return only && rest.length === 0 ? only : { kind: "group", op: "and", terms: filter.terms.slice(0, -1) };
    }),
};
