/** test/cases 59: one key twice in a batch. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { altered } from "../plant.ts";
import { reasons } from "../refusal.ts";

export const clause: Clause = {
  name: "writes of one key in a batch are done in their order",
  needs: [],
  async run(subject) {
    const accounts = subject.rows("Account");
    const { op } = accounts;
    const id = subject.unique("batch-same");
    const items = await accounts.batchWrite([
      op.create({ id, name: "1" }),
      op.update({ id, name: "2" }, { condition: { name: { eq: "1" } } }),
      op.delete({ id }, { permanent: true }),
      op.create({ id, name: "4" }),
      op.update({ id, name: "5" }, { expectedVersion: 1n }),
    ]);
    expect(reasons(items)).toEqual([undefined, undefined, undefined, undefined, undefined]);
    expect(await accounts.get({ id })).toMatchObject({ name: "5", version: 2n });
  },
};

export const fault: PlantedFault = {
  name: "a batch is done from its end",
  plant: (adapter) =>
    altered(adapter, {
      async write(request, call) {
        const reversed = { ...request, mutations: request.mutations.toReversed() };
        const result = await adapter.write(reversed, call);
        return result.kind === "reused" ? result : { ...result, outcomes: result.outcomes.toReversed() };
      },
    }),
};
