/** DESIGN 5.1: comparisons of every kind of value. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { ascending, type PlainValue } from "../plain.ts";
import { conditions } from "../plant.ts";

/** Three values of a field, ascending. */
const VALUES: { readonly [field: string]: readonly [PlainValue, PlainValue, PlainValue] } = {
  string_value: ["A", "a", "\u{1F600}"],
  bytes_value: [Uint8Array.of(), Uint8Array.of(0x7f), Uint8Array.of(0x80, 0)],
  int32_value: [-5, 0, 7],
  int64_value: [-(2n ** 63n), 2n ** 53n, 2n ** 53n + 1n],
  uint32_value: [0, 2 ** 31, 2 ** 32 - 1],
  uint64_value: [0n, 2n ** 63n - 1n, 2n ** 63n],
  float_value: [-1.5, 0, Math.fround(0.1)],
  double_value: [-1e300, 5e-324, 0.1],
  money_decimal: ["-10.00", "-9.00", "9.99"],
  huge_decimal: ["-1", `9${"0".repeat(76)}`, `1${"0".repeat(77)}`],
  happened_at: [-1_000_000n, 0n, 1_000_000n],
  took: [-1_000_000_001n, 0n, 1n],
  int64_wrapper: [-1n, 0n, 1n],
};

/** Positions in the triple that fulfil the operator with its middle value; nothing else may. */
const EXPECTED = { eq: [1], ne: [0, 2], lt: [0], lte: [0, 1], gt: [2], gte: [1, 2] } as const;

export const clause: Clause = {
  name: "comparisons hold for every kind of value, and never for an absent one",
  needs: [],
  async run(subject) {
    const rows = subject.rows("Everything");
    const group = subject.unique("comparisons");
    for (const i of [0, 1, 2]) {
      const values = Object.fromEntries(Object.entries(VALUES).map(([field, triple]) => [field, triple[i]]));
      await rows.create({ id: `${group}-${i}`, group, ...values });
    }
    await rows.create({ id: `${group}-absent`, group });
    for (const [field, [, operand]] of Object.entries(VALUES)) {
      for (const [operator, expected] of Object.entries(EXPECTED)) {
        if (field === "bytes_value" && operator !== "eq" && operator !== "ne") continue; // bytes have no order to ask for
        const where = { group: { eq: group }, [field]: { [operator]: operand } };
        const found = (await rows.list({ where, allowScan: true })).rows.map((row) => row.id);
        const ids = expected.map((i) => `${group}-${i}`);
        expect(ascending(found), `${field} ${operator}`).toEqual(ids);
      }
    }
  },
};

export const fault: PlantedFault = {
  name: "an absent value is unequal to everything",
  plant: (adapter) =>
    conditions(adapter, (condition) =>
      condition.op === "ne" ? { kind: "not", term: { ...condition, op: "eq" } } : condition,
    ),
};
