/** DESIGN 5.8: a unique violation in an atomic batch. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { altered } from "../plant.ts";
import { refusal } from "../refusal.ts";

export const clause: Clause = {
  name: "a unique violation undoes an atomic batch, and a value freed within it can be taken",
  needs: ["atomic_batch", "unique_index"],
  async run(subject) {
    const accounts = subject.rows("Account");
    const { op } = accounts;
    const id = subject.unique("atomic-unique");
    const email = `${id}@test`;
    await accounts.create({ id: `${id}-a`, email });
    const doomed = [op.create({ id: `${id}-b` }), op.create({ id: `${id}-c`, email })];
    const fault = await refusal("UNIQUE_VIOLATION", accounts.batchWrite(doomed, { atomic: true }));
    expect(fault.detail.index).toBe(1);
    await refusal("ROW_NOT_FOUND", accounts.get({ id: `${id}-b` }));
    const moved = [op.delete({ id: `${id}-a` }, { permanent: true }), op.create({ id: `${id}-d`, email })];
    await accounts.batchWrite(moved, { atomic: true, readMask: ["id"] });
    expect(await accounts.get({ id: `${id}-d` })).toMatchObject({ email });
    await refusal("UNIQUE_VIOLATION", accounts.create({ id: `${id}-e`, email }));
  },
};

export const fault: PlantedFault = {
  name: "a violation at the end of an atomic batch leaves what went before",
  plant: (adapter) =>
    altered(adapter, {
      async write(request, call) {
        const result = await adapter.write(request, call);
        if (!request.atomic || result.kind === "reused") return result;
        const failed = result.outcomes.findIndex(({ status }) => status === "failed");
        if (failed > 0) await adapter.write({ ...request, mutations: request.mutations.slice(0, failed) }, call);
        return result;
      },
    }),
};
