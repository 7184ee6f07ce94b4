/** DESIGN 5.6: Put with a condition or a version where no live row is. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { currentRow, mutationsOf } from "../plant.ts";
import { refusal } from "../refusal.ts";

export const clause: Clause = {
  name: "Put with a condition or a version finds nothing where no live row is",
  needs: [],
  async run(subject) {
    const accounts = subject.rows("Account");
    const absent = subject.unique("put-guarded");
    await refusal("ROW_NOT_FOUND", accounts.put({ id: absent, name: "x" }, { expectedVersion: 1n }));
    await refusal("ROW_NOT_FOUND", accounts.put({ id: absent, name: "x" }, { condition: { name: { is_null: true } } }));
    await refusal("ROW_NOT_FOUND", accounts.get({ id: absent }));

    const deleted = subject.unique("put-guarded");
    await accounts.create({ id: deleted, name: "first" });
    const left = await accounts.delete({ id: deleted });
    await refusal("ROW_NOT_FOUND", accounts.put({ id: deleted, name: "x" }, { expectedVersion: 2n }));
    await refusal("ROW_NOT_FOUND", accounts.put({ id: deleted, name: "x" }, { condition: { name: { eq: "first" } } }));
    expect(await accounts.get({ id: deleted }, { showDeleted: true })).toEqual(left.row);
  },
};

export const fault: PlantedFault = {
  name: "a Put with a precondition inserts where there is nothing to test",
  plant: (adapter) =>
    mutationsOf(adapter, "put", async (put, call) => {
      if (!put.precondition || (await currentRow(adapter, put, call))) return put;
      const { precondition: _, ...unguarded } = put;
      return unguarded;
    }),
};
