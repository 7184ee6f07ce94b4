/** The adapter's contract: a write that rejects. */

import { expect } from "vitest";
import { Fault } from "../../../src/model/fault.ts";
import type { Clause, PlantedFault } from "../clause.ts";
import { createOf, entityKey } from "../direct.ts";
import { altered } from "../plant.ts";
import { testCall } from "../rows.ts";

export const clause: Clause = {
  name: "a write that rejects has applied nothing, and one that resolves says what it applied",
  needs: [],
  async run(subject) {
    const { adapter } = subject;
    const { entity } = subject.rows("Guarded");
    const taken = subject.unique("taken");
    const rowOf = (id: string): { id: string; title: string; owner: string } => ({ id, title: "t", owner: "o" });
    await subject.rows("Guarded").create(rowOf(taken));
    const ids = [subject.unique("first"), taken, subject.unique("last")];
    const mutations = ids.map((id) => createOf(subject, entity, rowOf(id)));
    const write = { mutations, atomic: false, returning: false, consistency: undefined };
    const said = await adapter.write(write, testCall()).then(
      (result) => (result.kind === "reused" ? [] : result.outcomes.map(({ status }) => status)),
      (error: unknown) => (expect(error).toBeInstanceOf(Fault), ["none", "none", "none"]),
    );
    const keys = ids.map((id) => entityKey(entity, rowOf(id)));
    const found = await adapter.read({ keys, fields: undefined, consistency: undefined }, testCall());
    const [first, , last] = found.map(({ status }) => (status === "found" ? "applied" : "none"));
    expect([first, last]).toEqual([said[0], said[2]]);
  },
};

export const fault: PlantedFault = {
  name: "a batch that was written in part rejects as if it were not",
  plant: (adapter) =>
    altered(adapter, {
      async write(request, call) {
        const result = await adapter.write(request, call);
        const isPart =
          !request.atomic &&
          result.kind === "fresh" &&
          new Set(result.outcomes.map(({ status }) => status)).size > 1 &&
          request.mutations.every(({ entity }) => entity.name.endsWith(".Guarded"));
        if (isPart) throw new Fault("STORE_UNAVAILABLE", "nothing was done");
        return result;
      },
    }),
};
