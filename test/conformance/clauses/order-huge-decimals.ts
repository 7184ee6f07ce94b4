/** DESIGN 5.3: order of decimals no native type holds. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import type { Bound } from "../../../src/adapter/plan.ts";
import { plans } from "../plant.ts";

const huge = [
  "9".repeat(78),
  `1${"0".repeat(77)}`,
  "9007199254740993",
  "9007199254740992",
  "1",
  "0",
  "-1",
  "-9007199254740993",
  `-${"9".repeat(78)}`,
];

export const clause: Clause = {
  name: "decimals of 78 digits and unsigned 64-bit numbers compare as numbers",
  needs: [],
  async run(subject) {
    const rows = subject.rows("Everything");
    const group = subject.unique("huge");
    const unsigned = [2n ** 64n - 1n, 2n ** 63n, 2n ** 63n - 1n, 2n ** 53n + 1n, 2n ** 53n, 5n, 4n, 3n, 0n];
    for (const [i, huge_decimal] of huge.entries())
      await rows.create({ id: subject.unique("huge"), group, huge_decimal, uint64_value: unsigned[i] });
    const listed = async (where: object): Promise<number> =>
      (await rows.pages({ where: { group: { eq: group }, ...where }, allowScan: true })).length;
    for (const [i, huge_decimal] of huge.entries()) {
      expect(await listed({ huge_decimal: { gte: huge_decimal } }), huge_decimal).toBe(i + 1);
      expect(await listed({ huge_decimal: { lt: huge_decimal } }), huge_decimal).toBe(huge.length - i - 1);
      expect(await listed({ uint64_value: { gt: unsigned[i] } }), String(unsigned[i])).toBe(i);
      expect(await listed({ uint64_value: { lte: unsigned[i] } }), String(unsigned[i])).toBe(huge.length - i);
    }
  },
};

export const fault: PlantedFault = {
  name: "bounds of a range are rounded to a double",
  plant: (adapter) =>
    plans(adapter, (plan) => {
      if (plan.access.kind === "full") return plan;
      const ranges = plan.access.ranges.map((range) => ({
        ...range,
        ...(range.lower && { lower: rounded(range.lower) }),
        ...(range.upper && { upper: rounded(range.upper) }),
      }));
      return { ...plan, access: { ...plan.access, ranges } };
    }),
};

function rounded(bound: Bound): Bound {
  return typeof bound.value === "bigint" ? { ...bound, value: BigInt(Number(bound.value)) } : bound;
}
