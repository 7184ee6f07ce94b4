/** DESIGN 5.6: the check and the write are one step. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { setImmediate } from "node:timers/promises";
import { transition } from "../../../src/model/transition.ts";
import { altered, currentRow } from "../plant.ts";

const ROUNDS = 32;

export const clause: Clause = {
  name: "of two conditional updates that race, exactly one wins",
  needs: [],
  async run(subject) {
    const accounts = subject.rows("Account");
    const id = subject.unique("race");
    await accounts.create({ id, status: "0" });
    for (let round = 0; round < ROUNDS; round++) {
      const condition = { status: { eq: String(round) } };
      const racers = ["left", "right"].map((name) =>
        accounts.update({ id, status: String(round + 1), name }, { condition }),
      );
      const settled = await Promise.allSettled(racers);
      const winners = settled.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value.row] : []));
      expect(winners, `winners of round ${round}`).toHaveLength(1);
      expect(await accounts.get({ id })).toEqual(winners[0]);
    }
  },
};

export const fault: PlantedFault = {
  name: "the check and the write are two steps",
  plant: (adapter) =>
    altered(adapter, {
      async write(request, call) {
        const [mutation] = request.mutations;
        if (mutation?.kind !== "update" || !mutation.precondition?.condition || request.mutations.length > 1)
          return adapter.write(request, call);
        const decision = transition(mutation, await currentRow(adapter, mutation, call));
        if (decision.action === "reject")
          return { kind: "fresh", outcomes: [{ status: "rejected", because: decision.because }] };
        await setImmediate();
        const { precondition: _, ...unguarded } = mutation;
        return adapter.write({ ...request, mutations: [unguarded] }, call);
      },
    }),
};
