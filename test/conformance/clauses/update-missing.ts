/** DESIGN 5.6: Update where no live row is. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { mutationsOf } from "../plant.ts";
import { refusal } from "../refusal.ts";
import { SECOND } from "../subject.ts";

export const clause: Clause = {
  name: "Update finds neither an absent, nor a deleted, nor an expired row",
  needs: [],
  async run(subject) {
    const accounts = subject.rows("Account");
    const absent = subject.unique("update-missing");
    await refusal("ROW_NOT_FOUND", accounts.update({ id: absent, name: "x" }));
    await refusal("ROW_NOT_FOUND", accounts.update({ id: absent, name: "x" }, { expectedVersion: 1n }));
    await refusal(
      "ROW_NOT_FOUND",
      accounts.update({ id: absent, name: "x" }, { condition: { name: { is_null: true } } }),
    );
    await refusal("ROW_NOT_FOUND", accounts.get({ id: absent }));

    const deleted = subject.unique("update-missing");
    await accounts.create({ id: deleted, name: "first" });
    const left = await accounts.delete({ id: deleted });
    await refusal("ROW_NOT_FOUND", accounts.update({ id: deleted, name: "x" }));
    expect(await accounts.get({ id: deleted }, { showDeleted: true })).toEqual(left.row);

    const tickets = subject.rows("Ticket");
    const expired = subject.unique("update-missing");
    await tickets.create({ id: expired, expires_at: subject.clock.now() + SECOND });
    subject.clock.advance(SECOND);
    await refusal("ROW_NOT_FOUND", tickets.update({ id: expired, holder: "x" }));
  },
};

export const fault: PlantedFault = {
  name: "Update always inserts what is missing",
  plant: (adapter) => mutationsOf(adapter, "update", (update) => ({ ...update, allowMissing: true })),
};
