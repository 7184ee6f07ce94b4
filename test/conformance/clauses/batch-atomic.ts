/** DESIGN 5.8: atomic batches. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { altered } from "../plant.ts";
import { refusal } from "../refusal.ts";

export const clause: Clause = {
  name: "an atomic batch is done whole or not at all, and says which item failed",
  needs: ["atomic_batch"],
  async run(subject) {
    const accounts = subject.rows("Account");
    const { op } = accounts;
    const id = subject.unique("atomic");
    const first = await accounts.create({ id: `${id}-a`, name: "a" });
    const doomed = [
      op.create({ id: `${id}-b`, name: "b" }),
      op.put({ id: `${id}-a`, name: "changed" }),
      op.create({ id: `${id}-a`, name: "taken" }),
      op.create({ id: `${id}-c`, name: "c" }),
    ];
    const fault = await refusal("KEY_EXISTS", accounts.batchWrite(doomed, { atomic: true }));
    expect(fault.detail.index).toBe(2);
    expect(await accounts.get({ id: `${id}-a` })).toEqual(first);
    await refusal("ROW_NOT_FOUND", accounts.get({ id: `${id}-b` }));
    await refusal("ROW_NOT_FOUND", accounts.get({ id: `${id}-c` }));
    const invalid = await refusal(
      "KEY_INCOMPLETE",
      accounts.batchWrite([doomed[0]!, op.create({ name: "no key" })], { atomic: true }),
    );
    expect(invalid.detail.index).toBe(1);
    const items = await accounts.batchWrite([doomed[0]!, doomed[1]!, op.delete({ id: `${id}-b` })], { atomic: true });
    expect(items).toMatchObject([
      { row: { name: "b" } },
      { row: { name: "changed", version: 2n } },
      { row: { version: 2n } },
    ]);
    expect(await accounts.get({ id: `${id}-a` })).toMatchObject({ name: "changed" });
  },
};

export const fault: PlantedFault = {
  name: "atomic batches are done one by one",
  plant: (adapter) =>
    altered(adapter, {
      async write(request, call) {
        if (!request.atomic || request.request) return adapter.write(request, call);
        const result = await adapter.write({ ...request, atomic: false }, call);
        if (result.kind === "reused") return result;
        const failed = result.outcomes.findIndex(({ status }) => status !== "applied");
        if (failed < 0) return result;
        return {
          ...result,
          outcomes: result.outcomes.map((outcome, i) => (i === failed ? outcome : { status: "skipped" })),
        };
      },
    }),
};
