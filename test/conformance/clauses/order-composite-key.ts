/** DESIGN 2 and 3: rows in the order of a composite key. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { textOf } from "../plain.ts";
import { scans, withRows } from "../plant.ts";

export const clause: Clause = {
  name: "a composite key orders its rows as declared, descending parts descending",
  needs: ["partition_order"],
  async run(subject) {
    const rows = subject.rows("Composite");
    const tenant = subject.unique("composite");
    const keys = [];
    for (const number of [2n ** 63n - 1n, 1n, 0n, -1n, -(2n ** 63n)])
      for (const at of [5_000_000_000n, 0n, -5_000_000_000n])
        for (const name of ["a", "b"]) keys.push({ tenant, shard: 1n, number, at, name });
    for (const key of keys.toReversed()) await rows.create(key);
    await rows.create({ tenant, shard: 2n, number: 0n, at: 0n, name: "other shard" });
    const where = { tenant: { eq: tenant }, shard: { eq: 1n } };
    const orderBy = "number desc, at desc, name";
    expect(await rows.pages({ where, orderBy, pageSize: 7 })).toEqual(keys);
    const turned = await rows.pages({ where, orderBy: "number, at, name desc", pageSize: 7 });
    expect(turned).toEqual(keys.toReversed());
    expect(await rows.get(keys[3]!)).toEqual(keys[3]);
  },
};

export const fault: PlantedFault = {
  name: "the last part of a key turns round in its order",
  plant: (adapter) =>
    scans(adapter, (answer, plan) => {
      const { key } = plan.entity;
      if (key.length < 5) return answer;
      const last = key.at(-1)!.ordinal;
      const before = (a: readonly unknown[], b: readonly unknown[]): boolean =>
        key.slice(0, -1).every(({ ordinal }) => a[ordinal] === b[ordinal]);
      return withRows(
        answer,
        answer.rows.toSorted((a, b) => (before(a, b) ? (textOf(a[last]) < textOf(b[last]) ? 1 : -1) : 0)),
      );
    }),
};
