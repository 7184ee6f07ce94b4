/** DESIGN 4: increments of every kind of number. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { changes } from "../plant.ts";

const BY = {
  int32_count: -7,
  sint32_count: 8,
  sfixed32_count: -9,
  int64_count: -10n,
  sint64_count: 11n,
  sfixed64_count: -12n,
  uint32_count: 13,
  fixed32_count: 14,
  uint64_count: 15n,
  fixed64_count: 16n,
  float_sum: 0.5,
  double_sum: -0.25,
  balance: "-1.05",
  points: "18",
  plain_count: -19n,
} as const;

const TWICE = {
  int32_count: -14,
  sint32_count: 16,
  sfixed32_count: -18,
  int64_count: -20n,
  sint64_count: 22n,
  sfixed64_count: -24n,
  uint32_count: 26,
  fixed32_count: 28,
  uint64_count: 30n,
  fixed64_count: 32n,
  float_sum: 1,
  double_sum: -0.5,
  balance: "-2.10",
  points: "36",
  plain_count: -38n,
} as const;

export const clause: Clause = {
  name: "every kind of number can be added to, and an absent one counts as 0",
  needs: [["increment", "modify"]],
  async run(subject) {
    const accounts = subject.rows("Account");
    const id = subject.unique("increment");
    await accounts.create({ id });
    expect((await accounts.update({ id }, { increment: BY })).row).toMatchObject(BY);
    const again = await accounts.update({ id, name: "also set" }, { increment: BY });
    expect(again.row).toMatchObject({ ...TWICE, name: "also set" });
    expect(await accounts.get({ id })).toEqual(again.row);
  },
};

export const fault: PlantedFault = {
  name: "decimals do not add",
  plant: (adapter) =>
    changes(adapter, (list, entity) =>
      list.filter(({ kind, ordinal }) => kind !== "increment" || entity.fields[ordinal]?.type.kind !== "decimal"),
    ),
};
