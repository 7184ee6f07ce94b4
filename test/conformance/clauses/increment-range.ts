/** DESIGN 4 and test/cases 88: sums outside the type. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { currentRow, outcomes } from "../plant.ts";
import { refusal } from "../refusal.ts";

const EXTREMES = {
  int32_count: [2 ** 31 - 1, 1],
  sint32_count: [-(2 ** 31), -1],
  sfixed32_count: [2 ** 31 - 2, 2],
  int64_count: [2n ** 63n - 1n, 1n],
  sint64_count: [-(2n ** 63n), -1n],
  sfixed64_count: [2n ** 63n - 2n, 2n],
  uint32_count: [2 ** 32 - 1, 1],
  fixed32_count: [2 ** 32 - 1, 2 ** 32 - 1],
  uint64_count: [2n ** 64n - 1n, 1n],
  fixed64_count: [2n ** 64n - 1n, 2n ** 64n - 1n],
  double_sum: [Number.MAX_VALUE, Number.MAX_VALUE],
  float_sum: [3.4028234663852886e38, 3.4028234663852886e38],
  balance: ["9999999999999999.99", "0.01"],
  points: [`-${"9".repeat(78)}`, "-1"],
  plain_count: [2n ** 63n - 1n, 1n],
} as const;

export const clause: Clause = {
  name: "a sum outside its type is refused, and nothing is written",
  needs: [["increment", "modify"]],
  async run(subject) {
    const accounts = subject.rows("Account");
    const id = subject.unique("increment-range");
    const values = Object.fromEntries(Object.entries(EXTREMES).map(([field, [value]]) => [field, value]));
    const first = await accounts.create({ id, ...values });
    for (const [field, [, by]] of Object.entries(EXTREMES)) {
      const call = accounts.update({ id, name: field }, { increment: { [field]: by } });
      const fault = await refusal("VALUE_OUT_OF_RANGE", call);
      expect(fault.code, field).toBe("OUT_OF_RANGE");
      expect(fault.detail.field, field).toContain(field);
    }
    expect(await accounts.get({ id })).toEqual(first);
  },
};

export const fault: PlantedFault = {
  name: "a sum outside its type stops at its end",
  plant: (adapter) =>
    outcomes(adapter, async (outcome, mutation, call) => {
      if (outcome.status !== "rejected" || outcome.because?.kind !== "range") return outcome;
      const record = await currentRow(adapter, mutation, call);
      return { status: "applied", created: false, found: true, ...(record && { record }) };
    }),
};
