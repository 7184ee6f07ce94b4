/** DESIGN 5.6: Delete of a live row with soft delete. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { mutationsOf } from "../plant.ts";
import { SECOND } from "../subject.ts";

export const clause: Clause = {
  name: "Delete marks a row where soft delete is on, as a change like any other",
  needs: [],
  async run(subject) {
    const accounts = subject.rows("Account");
    const id = subject.unique("delete-marks");
    const first = await accounts.create({ id, name: "first", notes: ["a"] });
    subject.clock.advance(SECOND);
    const left = await accounts.delete({ id });
    const now = subject.clock.now();
    expect(left.row).toEqual({ ...first, version: 2n, updated_at: now, deleted_at: now });
    expect(await accounts.get({ id }, { showDeleted: true })).toEqual(left.row);
  },
};

export const fault: PlantedFault = {
  name: "Delete removes what it should mark",
  plant: (adapter) => mutationsOf(adapter, "delete", (remove) => ({ ...remove, soft: false })),
};
