/** DESIGN 5.6: Delete of a live row without soft delete. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { outcomes } from "../plant.ts";
import { refusal } from "../refusal.ts";

export const clause: Clause = {
  name: "Delete without soft delete removes the row, and answers it as it was left",
  needs: [],
  async run(subject) {
    const tickets = subject.rows("Ticket");
    const id = subject.unique("delete-removes");
    const first = await tickets.create({ id, holder: "first", seat: 3 });
    expect((await tickets.delete({ id })).row).toEqual(first);
    await refusal("ROW_NOT_FOUND", tickets.get({ id }));
    expect(await tickets.create({ id, holder: "second" })).toEqual({ id, holder: "second" });
  },
};

export const fault: PlantedFault = {
  name: "a removed row is answered with its key alone",
  plant: (adapter) =>
    outcomes(adapter, (outcome, { kind, entity }) => {
      if (kind !== "delete" || outcome.status !== "applied" || !outcome.record) return outcome;
      if (entity.managed.deletedAt !== undefined) return outcome;
      const keys = entity.key.map((part) => part.ordinal);
      return { ...outcome, record: outcome.record.map((value, i) => (keys.includes(i) ? value : undefined)) };
    }),
};
