/** DESIGN 5.7 and test/cases 86: Put and another row's unique value. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { textOf } from "../plain.ts";
import { altered, erase } from "../plant.ts";
import { refusal } from "../refusal.ts";

export const clause: Clause = {
  name: "Put never overwrites another row through a unique index",
  needs: ["unique_index"],
  async run(subject) {
    const accounts = subject.rows("Account");
    const id = subject.unique("unique-put");
    const email = `${id}@test`;
    const victim = await accounts.create({ id: `${id}-victim`, email, name: "victim" });
    await refusal("UNIQUE_VIOLATION", accounts.put({ id: `${id}-thief`, email, name: "thief" }));
    expect(await accounts.get({ id: `${id}-victim` })).toEqual(victim);
    await refusal("ROW_NOT_FOUND", accounts.get({ id: `${id}-thief` }));
  },
};

export const fault: PlantedFault = {
  name: "Put clears the way for its unique value",
  plant: (adapter) =>
    altered(adapter, {
      async write(request, call) {
        const result = await adapter.write(request, call);
        const [put] = request.mutations;
        const failed = result.kind === "fresh" && result.outcomes[0]?.status === "failed";
        if (put?.kind !== "put" || !failed || !textOf(put.key[0]).endsWith("-thief")) return result;
        await erase(adapter, { ...put, key: [textOf(put.key[0]).replace("-thief", "-victim")] }, call);
        return adapter.write(request, call);
      },
    }),
};
