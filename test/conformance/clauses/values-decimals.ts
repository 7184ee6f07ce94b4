/** DESIGN 5.3: decimals of 1 to 78 digits. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { stored } from "../plant.ts";

const nines = "9".repeat(78);

const given = [
  [
    { money_decimal: "0", rate_decimal: "1", huge_decimal: nines },
    { money_decimal: "0.00", rate_decimal: "1.0000000000", huge_decimal: nines },
  ],
  [
    {
      money_decimal: "9999999999999999.99",
      rate_decimal: "99999999999999999999.9999999999",
      huge_decimal: `-${nines}`,
    },
    {
      money_decimal: "9999999999999999.99",
      rate_decimal: "99999999999999999999.9999999999",
      huge_decimal: `-${nines}`,
    },
  ],
  [
    { money_decimal: "-0.01", rate_decimal: "-0.5", huge_decimal: "0" },
    { money_decimal: "-0.01", rate_decimal: "-0.5000000000", huge_decimal: "0" },
  ],
] as const;

export const clause: Clause = {
  name: "decimals of 78 digits are exact, and answered with all digits of their scale",
  needs: [],
  async run(subject) {
    const rows = subject.rows("Everything");
    for (const [values, kept] of given) {
      const id = subject.unique("decimals");
      const created = await rows.create({ id, ...values });
      expect(created).toMatchObject(kept);
      expect(await rows.get({ id })).toEqual(created);
      const where = {
        id: { eq: id },
        huge_decimal: { eq: kept.huge_decimal },
        money_decimal: { eq: kept.money_decimal },
      };
      expect((await rows.list({ where })).rows).toEqual([created]);
    }
  },
};

export const fault: PlantedFault = {
  name: "decimals are kept to 38 digits",
  plant: (adapter) =>
    stored(adapter, (value, { kind }) =>
      kind === "decimal" && typeof value === "bigint" && (value > 10n ** 38n || value < -(10n ** 38n))
        ? value - (value % 10n ** 40n)
        : value,
    ),
};
