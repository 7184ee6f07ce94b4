/** test/cases 41: the extremes of integers. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { stored } from "../plant.ts";

const extremes = [
  { int32_value: -(2 ** 31), int64_value: -(2n ** 63n), uint32_value: 0, uint64_value: 0n },
  { int32_value: 2 ** 31 - 1, int64_value: 2n ** 63n - 1n, uint32_value: 2 ** 32 - 1, uint64_value: 2n ** 64n - 1n },
  { int32_value: 0, int64_value: 2n ** 53n + 1n, uint32_value: 2 ** 31, uint64_value: 2n ** 53n + 1n },
  { int32_value: -1, int64_value: -(2n ** 53n) - 1n, uint32_value: 1, uint64_value: 2n ** 63n },
];

export const clause: Clause = {
  name: "integers are exact from end to end of their type",
  needs: [],
  async run(subject) {
    const rows = subject.rows("Everything");
    for (const values of extremes) {
      const id = subject.unique("integers");
      const created = await rows.create({ id, ...values });
      expect(created).toMatchObject(values);
      expect(await rows.get({ id })).toEqual(created);
      const where = {
        id: { eq: id },
        int64_value: { eq: values.int64_value },
        uint64_value: { eq: values.uint64_value },
      };
      expect((await rows.list({ where })).rows).toEqual([created]);
    }
  },
};

export const fault: PlantedFault = {
  name: "64-bit integers go through a double",
  plant: (adapter) =>
    stored(adapter, (value, { kind }) =>
      (kind === "int64" || kind === "uint64") && typeof value === "bigint" ? BigInt(Number(value)) : value,
    ),
};
