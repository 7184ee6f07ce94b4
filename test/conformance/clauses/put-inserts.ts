/** DESIGN 5.6: Put where no row is. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { outcomes } from "../plant.ts";

export const clause: Clause = {
  name: "Put inserts where no row is, and says which of the two it did",
  needs: [],
  async run(subject) {
    const accounts = subject.rows("Account");
    const id = subject.unique("put-inserts");
    const inserted = await accounts.put({ id, name: "first" });
    expect(inserted.created).toBe(true);
    expect(inserted.row).toMatchObject({ id, name: "first", version: 1n, created_at: subject.clock.now() });
    const replaced = await accounts.put({ id, name: "second" });
    expect(replaced.created).toBe(false);
    expect(await accounts.get({ id })).toEqual(replaced.row);
  },
};

export const fault: PlantedFault = {
  name: "a Put that inserts says it replaced",
  plant: (adapter) =>
    outcomes(adapter, (outcome, { kind }) =>
      kind === "put" && outcome.status === "applied" ? { ...outcome, created: false } : outcome,
    ),
};
