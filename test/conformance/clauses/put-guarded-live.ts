/** DESIGN 5.6: Put with a condition or a version where a live row is. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { mutationsOf } from "../plant.ts";
import { refusal } from "../refusal.ts";

export const clause: Clause = {
  name: "Put tests its condition and version on a live row",
  needs: [],
  async run(subject) {
    const accounts = subject.rows("Account");
    const id = subject.unique("put-tested");
    const first = await accounts.create({ id, name: "first" });
    await refusal("VERSION_MISMATCH", accounts.put({ id, name: "x" }, { expectedVersion: 2n }));
    await refusal("CONDITION_FAILED", accounts.put({ id, name: "x" }, { condition: { name: { eq: "other" } } }));
    expect(await accounts.get({ id })).toEqual(first);
    const put = await accounts.put(
      { id, name: "second" },
      { expectedVersion: 1n, condition: { name: { eq: "first" } } },
    );
    expect(put.row).toMatchObject({ name: "second", version: 2n });
  },
};

export const fault: PlantedFault = {
  name: "Put does not look at its precondition",
  plant: (adapter) =>
    mutationsOf(adapter, "put", (put) => {
      const { precondition: _, ...unguarded } = put;
      return unguarded;
    }),
};
