/** DESIGN 5.3: order of decimals. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { decimalText } from "../../../src/model/decimal.ts";
import { scans, withRows } from "../plant.ts";

const amounts = [
  "-9999999999999999.99",
  "-100.00",
  "-20.00",
  "-3.00",
  "0.00",
  "0.09",
  "3.00",
  "20.00",
  "100.00",
  "9999999999999999.99",
];

export const clause: Clause = {
  name: "decimals sort and compare as numbers",
  needs: ["index_partition_order", "range", "absent_in_index"],
  async run(subject) {
    const rows = subject.rows("Everything");
    const string_value = subject.unique("order-decimals");
    for (const money_decimal of amounts.toSorted())
      await rows.create({ id: subject.unique("amount"), string_value, money_decimal });
    const where = { string_value: { eq: string_value } };
    const up = await rows.pages({ where, orderBy: "money_decimal", pageSize: 4 });
    expect(up.map((row) => row.money_decimal)).toEqual(amounts);
    const down = await rows.pages({ where, orderBy: "money_decimal desc", pageSize: 4 });
    expect(down.map((row) => row.money_decimal)).toEqual(amounts.toReversed());
    const bounded = { ...where, money_decimal: { gt: "-20", lte: "20" } };
    const between = await rows.list({ where: bounded, orderBy: "money_decimal" });
    expect(between.rows.map((row) => row.money_decimal)).toEqual(amounts.slice(3, 8));
  },
};

export const fault: PlantedFault = {
  name: "decimals sort as text",
  plant: (adapter) =>
    scans(adapter, (answer, plan) => {
      const [first] = plan.order.filter((term) => plan.entity.fields[term.ordinal]?.type.kind === "decimal");
      if (!first) return answer;
      const text = (row: (typeof answer.rows)[number]): string => decimalText(row[first.ordinal] as bigint, 2);
      return withRows(
        answer,
        answer.rows.toSorted((a, b) => (text(a) < text(b) ? -1 : 1)),
      );
    }),
};
