/** DESIGN 5.3: sums beyond what a double holds. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { changes } from "../plant.ts";

export const clause: Clause = {
  name: "sums are exact beyond 2^53 and to 78 digits, and a float's is a float",
  needs: [["increment", "modify"]],
  async run(subject) {
    const accounts = subject.rows("Account");
    const id = subject.unique("increment-exact");
    const nines = "9".repeat(77);
    await accounts.create({
      id,
      int64_count: 2n ** 53n,
      uint64_count: 2n ** 63n,
      points: nines,
      balance: "-0.01",
      float_sum: 0.5,
    });
    const by = {
      int64_count: 1n,
      uint64_count: 2n ** 63n - 1n,
      points: "1",
      balance: "0.01",
      float_sum: Math.fround(0.1),
    };
    const sums = {
      int64_count: 2n ** 53n + 1n,
      uint64_count: 2n ** 64n - 1n,
      points: `1${"0".repeat(77)}`,
      balance: "0.00",
      float_sum: Math.fround(0.5 + Math.fround(0.1)),
    };
    expect((await accounts.update({ id }, { increment: by })).row).toMatchObject(sums);
    expect(await accounts.get({ id })).toMatchObject(sums);
    const minus = await accounts.update(
      { id },
      { increment: { points: `-${nines}`, float_sum: -Math.fround(0.5 + Math.fround(0.1)) } },
    );
    expect(minus.row).toMatchObject({ points: "1", float_sum: 0 });
  },
};

export const fault: PlantedFault = {
  name: "decimals are added by their first 38 digits",
  plant: (adapter) =>
    changes(adapter, (list) =>
      list.map((change) =>
        change.kind === "increment" && typeof change.by === "bigint" && change.by < -(10n ** 38n)
          ? { ...change, by: -(10n ** 38n) }
          : change,
      ),
    ),
};
