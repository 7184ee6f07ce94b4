/** DESIGN 5.3: order of strings in an index. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { plans } from "../plant.ts";

const names = ["", "A", "B", "a", "a b", "aa", "\u00e9", "\uFFFD", "\u{10000}", "\u{10FFFF}"];

export const clause: Clause = {
  name: "strings in an index sort by code point, and bound its ranges so",
  needs: ["index_order", "range"],
  async run(subject) {
    const rows = subject.rows("Everything");
    const digest = Buffer.from(subject.unique("order-index"));
    for (const string_value of names) await rows.create({ id: subject.unique("order-index"), string_value, digest });
    const where = { digest: { eq: digest } };
    const listed = await rows.list({ where: { ...where, string_value: { gte: "" } }, orderBy: "string_value" });
    expect(listed.rows.map((row) => row.string_value)).toEqual(names);
    const ranges = { ...where, string_value: { gt: "a", lt: "\u{10FFFF}" } };
    const between = await rows.list({ where: ranges, orderBy: "string_value desc" });
    expect(between.rows.map((row) => row.string_value)).toEqual(names.slice(4, -1).toReversed());
    const prefix = await rows.list({
      where: { ...where, string_value: { starts_with: "a" } },
      orderBy: "string_value",
    });
    expect(prefix.rows.map((row) => row.string_value)).toEqual(["a", "a b", "aa"]);
  },
};

export const fault: PlantedFault = {
  name: "a prefix is taken for a whole value",
  plant: (adapter) =>
    plans(adapter, (plan) => {
      if (plan.access.kind === "full") return plan;
      const ranges = plan.access.ranges.map(({ prefix, ...range }) =>
        prefix === undefined ? range : { ...range, eq: [...range.eq, prefix] },
      );
      return { ...plan, access: { ...plan.access, ranges } };
    }),
};
