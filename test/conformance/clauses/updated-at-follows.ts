/** DESIGN 3: updated_at. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { mutations } from "../plant.ts";
import { SECOND } from "../subject.ts";

export const clause: Clause = {
  name: "updated_at follows every change",
  needs: [],
  async run(subject) {
    const accounts = subject.rows("Account");
    const id = subject.unique("updated-at");
    const changes = [
      () => accounts.create({ id }),
      () => accounts.update({ id, name: "x" }),
      () => accounts.put({ id, name: "y" }),
      () => accounts.delete({ id }),
      () => accounts.undelete({ id }),
    ];
    for (const change of changes) {
      subject.clock.advance(SECOND);
      await change();
      expect((await accounts.get({ id }, { showDeleted: true })).updated_at).toBe(subject.clock.now());
    }
  },
};

export const fault: PlantedFault = {
  name: "Update tells the time of a second ago",
  plant: (adapter) =>
    mutations(adapter, (mutation) =>
      mutation.kind === "update" ? { ...mutation, now: mutation.now - SECOND } : mutation,
    ),
};
