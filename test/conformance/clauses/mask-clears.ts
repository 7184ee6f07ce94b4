/** DESIGN 4: a mask's fields that the entity leaves out. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { changes } from "../plant.ts";

export const clause: Clause = {
  name: "a field in the mask and absent in the entity is cleared, and no other is touched",
  needs: [],
  async run(subject) {
    const accounts = subject.rows("Account");
    const id = subject.unique("mask-clears");
    await accounts.create({ id, name: "n", status: "s", balance: "1.00", notes: ["a"], plain_count: 5n });
    const { row } = await accounts.update(
      { id, status: "not in the mask" },
      { mask: ["name", "balance", "notes", "plain_count"] },
    );
    expect(row).toMatchObject({ id, status: "s", notes: [], plain_count: 0n, version: 2n });
    expect(row?.name).toBeUndefined();
    expect(row?.balance).toBeUndefined();
    expect(await accounts.get({ id })).toEqual(row);
  },
};

export const fault: PlantedFault = {
  name: "a cleared field keeps its value",
  plant: (adapter) =>
    changes(adapter, (list, entity) =>
      list.filter(
        (change) =>
          change.kind !== "set" || change.value !== undefined || entity.fields[change.ordinal]?.oneof !== undefined,
      ),
    ),
};
