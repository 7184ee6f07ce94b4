/** DESIGN 5.6: two Creates of one key. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { setImmediate } from "node:timers/promises";
import { altered, currentRow } from "../plant.ts";

const ROUNDS = 16;

export const clause: Clause = {
  name: "of four Creates of one key, exactly one wins",
  needs: [],
  async run(subject) {
    const accounts = subject.rows("Account");
    for (let round = 0; round < ROUNDS; round++) {
      const id = subject.unique("race-create");
      const racers = ["a", "b", "c", "d"].map((name) => accounts.create({ id, name }));
      const settled = await Promise.allSettled(racers);
      const winners = settled.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
      expect(winners, `winners of round ${round}`).toHaveLength(1);
      expect(await accounts.get({ id })).toEqual(winners[0]);
    }
  },
};

export const fault: PlantedFault = {
  name: "Create looks whether the key is free, then writes",
  plant: (adapter) =>
    altered(adapter, {
      async write(request, call) {
        const [create] = request.mutations;
        if (create?.kind !== "create" || request.mutations.length > 1) return adapter.write(request, call);
        if (await currentRow(adapter, create, call)) return adapter.write(request, call);
        await setImmediate();
        const { kind: _, ...rest } = create;
        const put = { ...rest, kind: "put", generated: [], restore: true } as const;
        return adapter.write({ ...request, mutations: [put] }, call);
      },
    }),
};
