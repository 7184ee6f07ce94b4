/** DESIGN 5.3: order of strings in a key. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { ascending, textOf } from "../plain.ts";
import { scans, withRows } from "../plant.ts";

const names = [
  "!",
  "A",
  "Z",
  "a",
  "a!",
  "aa",
  "b",
  "z",
  "\u00e9",
  "\uD7FF",
  "\uE000",
  "\uFEFF",
  "\uFFFD",
  "\u{10000}",
  "\u{1F600}",
  "\u{10FFFF}",
];

export const clause: Clause = {
  name: "strings in a key sort by code point",
  needs: ["partition_order", "range"],
  async run(subject) {
    const rows = subject.rows("CompositeByName");
    const tenant = subject.unique("order-text");
    for (const name of names.toSorted()) await rows.create({ tenant, name });
    const listed = await rows.pages({ where: { tenant: { eq: tenant } }, orderBy: "name", pageSize: 5 });
    expect(listed.map((row) => row.name)).toEqual(names);
    const down = await rows.pages({ where: { tenant: { eq: tenant } }, orderBy: "name desc", pageSize: 5 });
    expect(down.map((row) => row.name)).toEqual(names.toReversed());
    const where = { tenant: { eq: tenant }, name: { gt: "\uFFFD" } };
    expect(ascending((await rows.list({ where })).rows.map((row) => row.name))).toEqual(names.slice(-3).toSorted());
  },
};

export const fault: PlantedFault = {
  name: "strings sort by UTF-16 unit",
  plant: (adapter) =>
    scans(adapter, (answer, plan) => {
      const [first] = plan.order;
      if (first === undefined || plan.entity.fields[first.ordinal]?.type.kind !== "string") return answer;
      const text = (row: (typeof answer.rows)[number]): string => textOf(row[first.ordinal]);
      const sign = first.desc ? -1 : 1;
      return withRows(
        answer,
        answer.rows.toSorted((a, b) => (text(a) < text(b) ? -sign : text(a) > text(b) ? sign : 0)),
      );
    }),
};
