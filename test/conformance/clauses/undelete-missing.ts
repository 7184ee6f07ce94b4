/** DESIGN 5.6: Undelete where no row is. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { outcomes } from "../plant.ts";
import { refusal } from "../refusal.ts";

export const clause: Clause = {
  name: "Undelete finds nothing where no row is",
  needs: [],
  async run(subject) {
    const accounts = subject.rows("Account");
    const id = subject.unique("undelete-missing");
    const fault = await refusal("ROW_NOT_FOUND", accounts.undelete({ id }));
    expect(fault.code).toBe("NOT_FOUND");
    await accounts.create({ id });
    await accounts.delete({ id }, { permanent: true });
    await refusal("ROW_NOT_FOUND", accounts.undelete({ id }));
    await refusal("ROW_NOT_FOUND", accounts.get({ id }, { showDeleted: true }));
  },
};

export const fault: PlantedFault = {
  name: "an Undelete of nothing looks like a lost race",
  plant: (adapter) =>
    outcomes(adapter, (outcome, { kind, entity }) =>
      kind === "undelete" && outcome.status === "rejected"
        ? { status: "applied", created: false, found: true, record: entity.fields.map(() => undefined) }
        : outcome,
    ),
};
