/** The adapter's contract: what an atomic write answers when it fails. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { createOf } from "../direct.ts";
import { altered } from "../plant.ts";
import { testCall } from "../rows.ts";

export const clause: Clause = {
  name: "of an atomic write that fails, one position says why and the others are skipped",
  needs: ["atomic_batch"],
  async run(subject) {
    const { adapter } = subject;
    const { entity } = subject.rows("Ticket");
    const id = subject.unique("skips");
    const mutations = ["a", "b", "a", "c"].map((end) => createOf(subject, entity, { id: id + end }));
    const request = { mutations, atomic: true, returning: false, consistency: undefined };
    const result = await adapter.write(request, testCall());
    const outcomes = result.kind === "reused" ? [] : result.outcomes;
    expect(outcomes.map(({ status }) => status)).toEqual(["skipped", "skipped", "rejected", "skipped"]);
  },
};

export const fault: PlantedFault = {
  name: "what an atomic write undid is answered as applied",
  plant: (adapter) =>
    altered(adapter, {
      async write(request, call) {
        const result = await adapter.write(request, call);
        if (result.kind === "reused") return result;
        const failed = result.outcomes.findIndex(({ status }) => status === "rejected");
        const outcomes = result.outcomes.map((outcome, i) =>
          outcome.status === "skipped" && i < failed
            ? ({ status: "applied", created: true, found: true } as const)
            : outcome,
        );
        return { ...result, outcomes };
      },
    }),
};
