/** DESIGN 4: the mask `*`. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { changes } from "../plant.ts";

export const clause: Clause = {
  name: "the mask * means every field but key and managed ones",
  needs: [],
  async run(subject) {
    const accounts = subject.rows("Account");
    const id = subject.unique("mask-star");
    const first = await accounts.create({
      id,
      name: "n",
      status: "s",
      roles: ["r"],
      plain_count: 3n,
      limits: new Map([["a", 1n]]),
    });
    const { row } = await accounts.update({ id, name: "only", version: 77n, created_at: 5_000_000n }, { mask: ["*"] });
    const { created_at } = first;
    const now = subject.clock.now();
    const rest = { notes: [], roles: [], limits: new Map(), plain_count: 0n };
    expect(row).toEqual({ id, name: "only", ...rest, created_at, updated_at: now, version: 2n });
    expect(await accounts.get({ id })).toEqual(row);
  },
};

export const fault: PlantedFault = {
  name: "an Update of many fields leaves its last ones out",
  plant: (adapter) => changes(adapter, (list) => (list.length > 12 ? list.slice(0, 12) : list)),
};
