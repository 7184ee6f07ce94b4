/** DESIGN 5.6: Undelete of a row whose unique value was taken meanwhile. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { altered } from "../plant.ts";
import { refusal } from "../refusal.ts";

export const clause: Clause = {
  name: "Undelete is refused where another row has taken the unique value",
  needs: ["unique_index", "unique_ignores_deleted"],
  async run(subject) {
    const accounts = subject.rows("Account");
    const id = subject.unique("undelete-unique");
    const email = `${id}@test`;
    await accounts.create({ id, email });
    const left = await accounts.delete({ id });
    const other = await accounts.create({ id: `${id}-other`, email });
    await refusal("UNIQUE_VIOLATION", accounts.undelete({ id }));
    expect(await accounts.get({ id }, { showDeleted: true })).toEqual(left.row);
    expect(await accounts.get({ id: `${id}-other` })).toEqual(other);
  },
};

export const fault: PlantedFault = {
  name: "an Undelete that fails is answered as done",
  plant: (adapter) =>
    altered(adapter, {
      async write(request, call) {
        const result = await adapter.write(request, call);
        if (result.kind === "reused") return result;
        const outcomes = result.outcomes.map((outcome, i) =>
          request.mutations[i]?.kind === "undelete" && outcome.status === "failed"
            ? ({ status: "applied", created: false, found: true, record: [] } as const)
            : outcome,
        );
        return { ...result, outcomes };
      },
    }),
};
