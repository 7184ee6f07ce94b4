/** DESIGN 4: an Update without a mask. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { changes } from "../plant.ts";
import { refusal } from "../refusal.ts";

export const clause: Clause = {
  name: "without a mask the present fields are set, and zero needs a mask where presence is missing",
  needs: [],
  async run(subject) {
    const plains = subject.rows("Plain");
    const id = subject.unique("mask-implicit");
    await plains.create({ id, name: "n", count: 5n, active: true, labels: ["a"], price: "1.50" });
    const { row } = await plains.update({ id, name: "m", count: 0n, active: false, price: "0" });
    expect(row).toMatchObject({ name: "m", count: 5n, active: true, labels: ["a"], price: "0.00" });
    const zeroed = await plains.update({ id, count: 0n, active: false }, { mask: ["count", "active"] });
    expect(zeroed.row).toMatchObject({ name: "m", count: 0n, active: false, labels: ["a"] });
    expect(await plains.get({ id })).toEqual(zeroed.row);
    await refusal("UPDATE_EMPTY", plains.update({ id }));
    const accounts = subject.rows("Account");
    await accounts.create({ id, name: "n", int32_count: 5 });
    expect((await accounts.update({ id, int32_count: 0, name: "" })).row).toMatchObject({ int32_count: 0, name: "" });
  },
};

export const fault: PlantedFault = {
  name: "zeros are not written",
  plant: (adapter) =>
    changes(adapter, (list, entity) =>
      list.filter(({ ordinal, ...change }) => {
        const presence = entity.fields[ordinal]?.presence;
        return (
          change.kind !== "set" ||
          presence ||
          (change.value !== 0n && change.value !== false && change.value !== undefined)
        );
      }),
    ),
};
