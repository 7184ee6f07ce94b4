/** DESIGN 5.6: Update with allow_missing where no row is. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { mutationsOf } from "../plant.ts";

export const clause: Clause = {
  name: "Update with allow_missing inserts where no row is, and does not test its condition",
  needs: [["increment", "modify"]],
  async run(subject) {
    const accounts = subject.rows("Account");
    const id = subject.unique("update-inserts");
    const extras = { allowMissing: true, condition: { name: { eq: "nobody" } }, increment: { int32_count: 5 } };
    const inserted = await accounts.update({ id, name: "first" }, extras);
    expect(inserted.created).toBe(true);
    expect(inserted.row).toMatchObject({
      id,
      name: "first",
      int32_count: 5,
      version: 1n,
      created_at: subject.clock.now(),
    });
    const updated = await accounts.update({ id, name: "second" }, { allowMissing: true });
    expect(updated.created).toBe(false);
    expect(await accounts.get({ id })).toEqual(updated.row);
    expect(updated.row).toMatchObject({ name: "second", int32_count: 5, version: 2n });
  },
};

export const fault: PlantedFault = {
  name: "an Update with a condition never inserts",
  plant: (adapter) =>
    mutationsOf(adapter, "update", (update) =>
      update.precondition?.condition ? { ...update, allowMissing: false } : update,
    ),
};
