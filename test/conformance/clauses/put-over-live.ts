/** DESIGN 5.6: Put where a live row is. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import type { Mutation } from "../../../src/model/mutation.ts";
import { currentRow, mutationsOf } from "../plant.ts";

export const clause: Clause = {
  name: "Put over a live row replaces it whole",
  needs: [],
  async run(subject) {
    const accounts = subject.rows("Account");
    const id = subject.unique("put-live");
    await accounts.create({
      id,
      name: "first",
      status: "open",
      notes: ["a"],
      limits: new Map([["a", 1n]]),
      plain_count: 7n,
    });
    const replaced = await accounts.put({ id, name: "second" });
    expect(replaced.row).toMatchObject({ name: "second", notes: [], limits: new Map(), plain_count: 0n });
    expect(replaced.row?.status).toBeUndefined();
    expect(await accounts.get({ id })).toEqual(replaced.row);
  },
};

export const fault: PlantedFault = {
  name: "Put keeps what it does not name",
  plant: (adapter) =>
    mutationsOf(adapter, "put", async (put, call): Promise<Mutation> => {
      const row = await currentRow(adapter, put, call);
      return { ...put, record: put.record.map((value, ordinal) => value ?? row?.[ordinal]) };
    }),
};
