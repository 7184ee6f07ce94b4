/** DESIGN 5.6: Undelete of a live row. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { mutationsOf } from "../plant.ts";
import { SECOND } from "../subject.ts";

export const clause: Clause = {
  name: "Undelete leaves a live row as it is",
  needs: [],
  async run(subject) {
    const accounts = subject.rows("Account");
    const id = subject.unique("undelete-live");
    const first = await accounts.create({ id, name: "first" });
    subject.clock.advance(SECOND);
    expect((await accounts.undelete({ id })).row).toEqual(first);
    expect(await accounts.get({ id })).toEqual(first);
  },
};

export const fault: PlantedFault = {
  name: "Undelete counts as a change of a live row",
  plant: (adapter) =>
    mutationsOf(adapter, "undelete", async (undelete, call) => {
      const { entity, key, now } = undelete;
      const touch = { kind: "update", entity, key, now, changes: [], allowMissing: false, generated: [] } as const;
      await adapter.write({ mutations: [touch], atomic: false, returning: false, consistency: undefined }, call);
      return undelete;
    }),
};
