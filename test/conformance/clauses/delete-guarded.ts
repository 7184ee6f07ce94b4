/** DESIGN 5.6: Delete of a live row with a condition or a version. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { mutationsOf } from "../plant.ts";
import { refusal } from "../refusal.ts";

export const clause: Clause = {
  name: "Delete tests its condition and version",
  needs: [],
  async run(subject) {
    const accounts = subject.rows("Account");
    const id = subject.unique("delete-tested");
    const first = await accounts.create({ id, name: "first" });
    await refusal("VERSION_MISMATCH", accounts.delete({ id }, { expectedVersion: 2n }));
    await refusal("CONDITION_FAILED", accounts.delete({ id }, { condition: { name: { eq: "other" } } }));
    await refusal(
      "CONDITION_FAILED",
      accounts.delete({ id }, { condition: { name: { eq: "other" } }, permanent: true }),
    );
    expect(await accounts.get({ id })).toEqual(first);
    const gone = await accounts.delete({ id }, { expectedVersion: 1n, condition: { name: { eq: "first" } } });
    expect(gone.row).toMatchObject({ version: 2n, deleted_at: subject.clock.now() });
  },
};

export const fault: PlantedFault = {
  name: "Delete does not look at its precondition",
  plant: (adapter) =>
    mutationsOf(adapter, "delete", (remove) => {
      const { precondition: _, ...unguarded } = remove;
      return unguarded;
    }),
};
