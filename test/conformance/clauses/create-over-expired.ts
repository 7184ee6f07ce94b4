/** DESIGN 5.6: Create where an expired row is. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { mutationsOf } from "../plant.ts";
import { SECOND } from "../subject.ts";

export const clause: Clause = {
  name: "Create over an expired row inserts",
  needs: [],
  async run(subject) {
    const tickets = subject.rows("Ticket");
    const id = subject.unique("create-expired");
    await tickets.create({ id, holder: "first", seat: 1, expires_at: subject.clock.now() + SECOND });
    subject.clock.advance(SECOND);
    const created = await tickets.create({ id, holder: "second" });
    expect(created).toEqual({ id, holder: "second" });
    expect(await tickets.get({ id })).toEqual(created);
  },
};

export const fault: PlantedFault = {
  name: "Create takes an expired row for a live one",
  plant: (adapter) => mutationsOf(adapter, "create", (create) => ({ ...create, now: 0n })),
};
