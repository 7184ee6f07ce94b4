/** DESIGN 5.6: expected_version. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { mutations } from "../plant.ts";
import { refusal } from "../refusal.ts";

export const clause: Clause = {
  name: "a stale version is refused, a true one is not",
  needs: [],
  async run(subject) {
    const accounts = subject.rows("Account");
    const id = subject.unique("expected-version");
    await accounts.create({ id, name: "first" });
    const second = (await accounts.update({ id, name: "second" }, { expectedVersion: 1n })).row;
    const fault = await refusal("VERSION_MISMATCH", accounts.update({ id, name: "third" }, { expectedVersion: 1n }));
    expect(fault.code).toBe("ABORTED");
    await refusal("VERSION_MISMATCH", accounts.update({ id, name: "third" }, { expectedVersion: 3n }));
    await refusal("VERSION_MISMATCH", accounts.update({ id, name: "third" }, { expectedVersion: 0n }));
    expect(await accounts.get({ id })).toEqual(second);
  },
};

export const fault: PlantedFault = {
  name: "the version of a precondition is not looked at",
  plant: (adapter) =>
    mutations(adapter, (mutation) => {
      if (mutation.kind === "create" || !mutation.precondition) return mutation;
      const { version: _, ...precondition } = mutation.precondition;
      return { ...mutation, precondition };
    }),
};
