/** DESIGN 5.6: Create where a soft-deleted row is. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { outcomes } from "../plant.ts";
import { refusal } from "../refusal.ts";

export const clause: Clause = {
  name: "Create over a soft-deleted row is refused, and says that it is deleted",
  needs: [],
  async run(subject) {
    const accounts = subject.rows("Account");
    const id = subject.unique("create-deleted");
    await accounts.create({ id, name: "first" });
    const left = await accounts.delete({ id });
    const fault = await refusal("KEY_EXISTS", accounts.create({ id, name: "second" }));
    expect(fault.detail.metadata?.deleted).toBe("true");
    expect(await accounts.get({ id }, { showDeleted: true })).toEqual(left.row);
  },
};

export const fault: PlantedFault = {
  name: "a key taken by a deleted row looks taken by a live one",
  plant: (adapter) =>
    outcomes(adapter, (outcome) =>
      outcome.status === "rejected" && outcome.because?.kind === "exists"
        ? { status: "rejected", because: { kind: "exists", deleted: false } }
        : outcome,
    ),
};
