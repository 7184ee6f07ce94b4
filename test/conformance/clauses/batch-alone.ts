/** DESIGN 5.8: items of a batch. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { altered } from "../plant.ts";
import { reasons } from "../refusal.ts";

export const clause: Clause = {
  name: "items of a batch are answered in order, and fail alone",
  needs: [],
  async run(subject) {
    const accounts = subject.rows("Account");
    const { op } = accounts;
    const id = subject.unique("batch");
    const a = { id: `${id}-a` };
    await accounts.create({ ...a, name: "a" });
    const items = await accounts.batchWrite([
      op.create({ id: `${id}-b`, name: "b" }),
      op.create(a),
      op.update({ id: `${id}-none`, name: "x" }),
      op.update({ ...a, name: "a2" }, { expectedVersion: 1n }),
      op.update({ ...a, name: "a3" }, { expectedVersion: 1n }),
      op.put({ id: `${id}-c`, name: "c" }),
      op.delete({ id: `${id}-none` }, { allowMissing: true }),
      op.delete({ id: `${id}-b` }, { condition: { name: { eq: "not b" } } }),
      op.create({ name: "no key" }),
      op.put({ id: `${id}-d`, name: "d" }),
    ]);
    expect(reasons(items)).toEqual([
      undefined,
      "KEY_EXISTS",
      "ROW_NOT_FOUND",
      undefined,
      "VERSION_MISMATCH",
      undefined,
      undefined,
      "CONDITION_FAILED",
      "KEY_INCOMPLETE",
      undefined,
    ]);
    expect(items[0]).toMatchObject({ row: { id: `${id}-b`, version: 1n } });
    expect(items[3]).toMatchObject({ row: { name: "a2", version: 2n }, created: false });
    expect(items[5]).toMatchObject({ row: { id: `${id}-c` }, created: true });
    expect(items[6]).toEqual({ nothing: true });
    expect(await accounts.get(a)).toMatchObject({ name: "a2" });
    expect(await accounts.count({ id: { one_of: ["a", "b", "c", "d"].map((end) => `${id}-${end}`) } })).toBe(4);
  },
};

export const fault: PlantedFault = {
  name: "what follows a failed item of a batch is not done",
  plant: (adapter) =>
    altered(adapter, {
      async write(request, call) {
        if (request.atomic || request.mutations.length < 2) return adapter.write(request, call);
        const result = await adapter.write({ ...request, mutations: request.mutations.slice(0, 2) }, call);
        if (result.kind === "reused") return result;
        if (result.outcomes.every((outcome) => outcome.status === "applied")) {
          const rest = await adapter.write({ ...request, mutations: request.mutations.slice(2) }, call);
          return rest.kind === "reused" ? rest : { ...rest, outcomes: [...result.outcomes, ...rest.outcomes] };
        }
        const skipped = request.mutations.slice(2).map(() => ({ status: "skipped" }) as const);
        return { ...result, outcomes: [...result.outcomes, ...skipped] };
      },
    }),
};
