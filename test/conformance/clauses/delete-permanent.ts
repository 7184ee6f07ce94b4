/** DESIGN 5.6: Delete with permanent. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { mutationsOf } from "../plant.ts";
import { refusal } from "../refusal.ts";

export const clause: Clause = {
  name: "Delete with permanent removes a live row and a marked one",
  needs: [],
  async run(subject) {
    const accounts = subject.rows("Account");
    const live = subject.unique("delete-permanent");
    const marked = subject.unique("delete-permanent");
    const first = await accounts.create({ id: live, name: "first" });
    await accounts.create({ id: marked, name: "second" });
    const left = await accounts.delete({ id: marked });
    expect((await accounts.delete({ id: live }, { permanent: true })).row).toEqual(first);
    expect((await accounts.delete({ id: marked }, { permanent: true })).row).toEqual(left.row);
    await refusal("ROW_NOT_FOUND", accounts.get({ id: live }, { showDeleted: true }));
    await refusal("ROW_NOT_FOUND", accounts.get({ id: marked }, { showDeleted: true }));
    expect(await accounts.create({ id: marked })).toMatchObject({ version: 1n });
  },
};

export const fault: PlantedFault = {
  name: "a permanent Delete only marks",
  plant: (adapter) =>
    mutationsOf(adapter, "delete", (remove) => ({ ...remove, soft: remove.entity.managed.deletedAt !== undefined })),
};
