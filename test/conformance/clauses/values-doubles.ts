/** test/cases 40: the extremes of floating point. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { stored } from "../plant.ts";

const doubles = [
  5e-324,
  -5e-324,
  2.225073858507201e-308,
  Number.MAX_VALUE,
  -Number.MAX_VALUE,
  0.1 + 0.2,
  1e21,
  123456789.12345679,
];
const floats = [
  1.401298464324817e-45,
  1.1754942106924411e-38,
  3.4028234663852886e38,
  -3.4028234663852886e38,
  Math.fround(0.1),
];

export const clause: Clause = {
  name: "doubles and floats are exact, subnormal ones too",
  needs: [],
  async run(subject) {
    const rows = subject.rows("Everything");
    for (const [i, double_value] of doubles.entries()) {
      const id = subject.unique("doubles");
      const values = { double_value, float_value: floats[i % floats.length]!, doubles, floats };
      expect(await rows.create({ id, ...values })).toMatchObject(values);
      expect(await rows.get({ id })).toMatchObject(values);
      const where = { id: { eq: id }, double_value: { eq: double_value } };
      expect((await rows.list({ where })).rows).toHaveLength(1);
    }
  },
};

export const fault: PlantedFault = {
  name: "doubles are kept to 15 digits",
  plant: (adapter) =>
    stored(adapter, (value, { kind }) =>
      kind === "double" && typeof value === "number" ? Number(value.toPrecision(15)) : value,
    ),
};
