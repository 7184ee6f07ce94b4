/** DESIGN 5.6: a precondition that fails twice over. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { outcomes } from "../plant.ts";
import { refusal } from "../refusal.ts";

export const clause: Clause = {
  name: "a stale version is named before a false condition",
  needs: [],
  async run(subject) {
    const accounts = subject.rows("Account");
    const id = subject.unique("precondition-order");
    const first = await accounts.create({ id, name: "first" });
    const condition = { name: { eq: "other" } };
    await refusal("VERSION_MISMATCH", accounts.update({ id, name: "x" }, { expectedVersion: 9n, condition }));
    await refusal("CONDITION_FAILED", accounts.update({ id, name: "x" }, { expectedVersion: 1n, condition }));
    await refusal("VERSION_MISMATCH", accounts.delete({ id }, { expectedVersion: 9n, condition }));
    expect(await accounts.get({ id })).toEqual(first);
  },
};

export const fault: PlantedFault = {
  name: "a precondition of both is always told by its condition",
  plant: (adapter) =>
    outcomes(adapter, (outcome, mutation) => {
      if (outcome.status !== "rejected" || outcome.because?.kind !== "version" || mutation.kind === "create")
        return outcome;
      return mutation.precondition?.condition ? { status: "rejected", because: { kind: "condition" } } : outcome;
    }),
};
