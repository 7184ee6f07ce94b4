/** DESIGN 4 and 5.6: immutable fields. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { currentRow, outcomes } from "../plant.ts";
import { refusal } from "../refusal.ts";

export const clause: Clause = {
  name: "an immutable field keeps its first value, by Update and by Put",
  needs: [],
  async run(subject) {
    const rows = subject.rows("Guarded");
    const id = subject.unique("immutable");
    const first = await rows.create({ id, title: "one", owner: "ann" });
    const byUpdate = await refusal("FIELD_IMMUTABLE", rows.update({ id, title: "x", owner: "bob" }));
    expect(byUpdate.detail.field).toMatch(/owner/u);
    await refusal("FIELD_IMMUTABLE", rows.put({ id, title: "x", owner: "bob" }));
    expect(await rows.get({ id })).toEqual(first);
    expect((await rows.update({ id, title: "two", owner: "ann" })).row).toMatchObject({ title: "two", owner: "ann" });
    expect((await rows.put({ id, title: "three", owner: "ann" })).row).toMatchObject({ title: "three", owner: "ann" });
  },
};

export const fault: PlantedFault = {
  name: "a change of an immutable field is answered as done",
  plant: (adapter) =>
    outcomes(adapter, async (outcome, mutation, call) => {
      if (outcome.status !== "rejected" || outcome.because?.kind !== "immutable") return outcome;
      const record = await currentRow(adapter, mutation, call);
      return { status: "applied", created: false, found: true, ...(record && { record }) };
    }),
};
