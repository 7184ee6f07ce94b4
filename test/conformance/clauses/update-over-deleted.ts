/** DESIGN 5.6: Update with allow_missing where a soft-deleted row is. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { currentRow, erase, mutationsOf } from "../plant.ts";
import { refusal } from "../refusal.ts";

export const clause: Clause = {
  name: "Update with allow_missing over a soft-deleted row is refused, and says that it is deleted",
  needs: [],
  async run(subject) {
    const accounts = subject.rows("Account");
    const id = subject.unique("update-deleted");
    await accounts.create({ id, name: "first" });
    const left = await accounts.delete({ id });
    const fault = await refusal("KEY_EXISTS", accounts.update({ id, name: "second" }, { allowMissing: true }));
    expect(fault.detail.metadata?.deleted).toBe("true");
    expect(await accounts.get({ id }, { showDeleted: true })).toEqual(left.row);
  },
};

export const fault: PlantedFault = {
  name: "Update with allow_missing takes the place of a deleted row",
  plant: (adapter) =>
    mutationsOf(adapter, "update", async (update, call) => {
      const row = update.allowMissing ? await currentRow(adapter, update, call) : undefined;
      const { deletedAt } = update.entity.managed;
      if (row && deletedAt !== undefined && row[deletedAt] !== undefined) await erase(adapter, update, call);
      return update;
    }),
};
