/** DESIGN 5.1: is_null. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { conditions } from "../plant.ts";

export const clause: Clause = {
  name: "is_null tells absent from every value",
  needs: [],
  async run(subject) {
    const rows = subject.rows("Everything");
    const group = subject.unique("is-null");
    const fields = {
      string_value: "",
      int64_value: 0n,
      money_decimal: "0",
      detail: {},
      happened_at: 0n,
      bytes_wrapper: new Uint8Array(),
    };
    await rows.create({ id: `${group}-present`, group, ...fields });
    await rows.create({ id: `${group}-absent`, group });
    for (const field of Object.keys(fields)) {
      for (const [value, id] of [
        [true, "absent"],
        [false, "present"],
      ] as const) {
        const where = { group: { eq: group }, [field]: { is_null: value } };
        const { rows: found } = await rows.list({ where, allowScan: true });
        expect(
          found.map((row) => row.id),
          `${field} is_null ${value}`,
        ).toEqual([`${group}-${id}`]);
      }
    }
  },
};

export const fault: PlantedFault = {
  name: "is_null: false asks for nothing",
  plant: (adapter) =>
    conditions(adapter, (condition) =>
      condition.op === "is_null" && !condition.value ? { kind: "const", value: true } : condition,
    ),
};
