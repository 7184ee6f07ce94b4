/** DESIGN 5.1: equality of bools, enums and numbers without presence. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { ascending, textOf } from "../plain.ts";
import { conditions } from "../plant.ts";

export const clause: Clause = {
  name: "bools and enums compare for equality, absent apart from zero",
  needs: [],
  async run(subject) {
    const rows = subject.rows("Everything");
    const group = subject.unique("enums");
    await rows.create({ id: `${group}-0`, group, color: 0, bool_value: false });
    await rows.create({ id: `${group}-1`, group, color: -1, bool_value: true });
    await rows.create({ id: `${group}-2`, group });
    const found = async (where: object): Promise<string> => {
      const list = await rows.list({ where: { group: { eq: group }, ...where }, allowScan: true });
      return ascending(list.rows.map((row) => textOf(row.id).slice(-1))).join("");
    };
    expect(await found({ color: { eq: 0 } })).toBe("0");
    expect(await found({ color: { ne: 0 } })).toBe("1");
    expect(await found({ color: { one_of: [0, -1] } })).toBe("01");
    expect(await found({ bool_value: { eq: false } })).toBe("0");
    expect(await found({ bool_value: { ne: false } })).toBe("1");
    expect(await found({ bool_plain: { eq: false } })).toBe("012");
    expect(await found({ color_plain: { eq: 0 } })).toBe("012");
  },
};

export const fault: PlantedFault = {
  name: "false and absent are the same",
  plant: (adapter) =>
    conditions(adapter, (condition, entity) =>
      condition.op === "eq" && condition.value === false && entity.fields[condition.ordinal]?.presence
        ? {
            kind: "group",
            op: "or",
            terms: [condition, { kind: "condition", op: "is_null", ordinal: condition.ordinal, value: true }],
          }
        : condition,
    ),
};
