/** DESIGN 5.6: the version over the life of a row. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { currentRow, erase, mutationsOf } from "../plant.ts";

export const clause: Clause = {
  name: "the version never goes back while the row exists",
  needs: [],
  async run(subject) {
    const accounts = subject.rows("Account");
    const id = subject.unique("version-back");
    await accounts.create({ id });
    await accounts.update({ id, name: "second" });
    expect((await accounts.delete({ id })).row?.version).toBe(3n);
    expect((await accounts.put({ id, name: "again" })).row?.version).toBe(4n);
    expect((await accounts.get({ id })).version).toBe(4n);
    expect((await accounts.put({ id, name: "again", version: 1n })).row?.version).toBe(5n);
  },
};

export const fault: PlantedFault = {
  name: "Put over a deleted row starts the version anew",
  plant: (adapter) =>
    mutationsOf(adapter, "put", async (put, call) => {
      const row = await currentRow(adapter, put, call);
      const { deletedAt } = put.entity.managed;
      if (row && !put.precondition && deletedAt !== undefined && row[deletedAt] !== undefined)
        await erase(adapter, put, call);
      return put;
    }),
};
