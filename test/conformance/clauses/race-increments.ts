/** DESIGN 4: increments side by side. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { setImmediate } from "node:timers/promises";
import { increment } from "../../../src/model/change.ts";
import type { Mutation } from "../../../src/model/mutation.ts";
import { currentRow, mutationsOf } from "../plant.ts";

export const clause: Clause = {
  name: "64 increments side by side sum exactly",
  needs: [["increment", "modify"]],
  async run(subject) {
    const accounts = subject.rows("Account");
    const id = subject.unique("race-increment");
    await accounts.create({ id });
    const added = Array.from({ length: 64 }, (_, i) => BigInt(i) + 2n ** 53n);
    await Promise.all(added.map((by) => accounts.update({ id }, { increment: { int64_count: by, balance: "0.01" } })));
    const sum = added.reduce((a, b) => a + b);
    expect(await accounts.get({ id })).toMatchObject({ int64_count: sum, balance: "0.64", version: 65n });
  },
};

export const fault: PlantedFault = {
  name: "an increment reads, adds and writes",
  plant: (adapter) =>
    mutationsOf(adapter, "update", async (update, call): Promise<Mutation> => {
      if (!update.changes.every((change) => change.kind === "increment")) return update;
      const row = await currentRow(adapter, update, call);
      if (!row) return update;
      await setImmediate();
      const changes = update.changes.map((change) => {
        const type = update.entity.fields[change.ordinal]!.type;
        const sum = change.kind === "increment" ? increment(type, row[change.ordinal], change.by) : undefined;
        return sum === undefined ? change : ({ kind: "set", ordinal: change.ordinal, value: sum } as const);
      });
      return { ...update, changes };
    }),
};
