/** DESIGN 3: required fields. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { currentRow, outcomes } from "../plant.ts";
import { refusal } from "../refusal.ts";

export const clause: Clause = {
  name: "a required field is never left absent, also not by an Update that inserts or clears, or a Put that would generate it",
  needs: [],
  async run(subject) {
    const rows = subject.rows("Guarded");
    const id = subject.unique("required");
    await refusal("FIELD_REQUIRED", rows.create({ id, owner: "ann" }));
    await refusal("FIELD_REQUIRED", rows.put({ id, owner: "ann" }));
    const fault = await refusal("FIELD_REQUIRED", rows.update({ id, owner: "ann" }, { allowMissing: true }));
    expect(fault.code).toBe("INVALID_ARGUMENT");
    expect(fault.detail.field).toMatch(/title/u);
    await refusal("ROW_NOT_FOUND", rows.get({ id }));
    const first = await rows.create({ id, title: "", owner: "ann" });
    await refusal("FIELD_REQUIRED", rows.update({ id }, { mask: ["title"] }));
    expect(await rows.get({ id })).toEqual(first);
    expect((await rows.update({ id, token: "t" }, { allowMissing: true })).row).toMatchObject({
      title: "",
      token: "t",
    });
    const stamped = subject.rows("Stamped");
    const made = await stamped.create({ id });
    expect(made.stamp).toMatch(/-/u);
    await refusal("FIELD_REQUIRED", stamped.put({ id, title: "replaced" }));
    expect(await stamped.get({ id })).toEqual(made);
    expect((await stamped.put({ id, stamp: "given" })).row).toEqual({ id, stamp: "given" });
    await stamped.delete({ id });
    expect((await stamped.put({ id })).row?.stamp, "a Put that inserts").toMatch(/-/u);
  },
};

export const fault: PlantedFault = {
  name: "an insert by Update that lacks a required field is answered as done",
  plant: (adapter) =>
    outcomes(adapter, async (outcome, mutation, call) => {
      if (outcome.status !== "rejected" || outcome.because?.kind !== "required") return outcome;
      const record = await currentRow(adapter, mutation, call);
      return { status: "applied", created: true, found: true, ...(record && { record }) };
    }),
};
