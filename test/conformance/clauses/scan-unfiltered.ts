/** DESIGN 5.4: Scan may read everything. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { ascending, textOf } from "../plain.ts";
import { plans } from "../plant.ts";

export const clause: Clause = {
  name: "Scan refuses no filter",
  needs: [],
  async run(subject) {
    const accounts = subject.rows("Account");
    const name = subject.unique("scan-filter");
    for (let i = 0; i < 5; i++) await accounts.create({ id: `${name}-${i}`, name, int32_count: i });
    const ids = async (where: object): Promise<string> => {
      const rows = await accounts.scan({ where: { name: { eq: name }, ...where }, pageSize: 2 });
      return ascending(rows.map((row) => textOf(row.id).slice(-1))).join("");
    };
    expect(await ids({})).toBe("01234");
    expect(await ids({ none: [{ int32_count: { gt: 2 } }] })).toBe("012");
    expect(await ids({ any: [{ int32_count: { eq: 0 } }, { int32_count: { eq: 4 } }] })).toBe("04");
    expect(await ids({ int32_count: { gt: 9 } })).toBe("");
  },
};

export const fault: PlantedFault = {
  name: "an or is answered by its first term",
  plant: (adapter) =>
    plans(adapter, ({ pushed, residual, ...plan }) => {
      const first = (filter: typeof pushed): typeof pushed => {
        if (filter?.kind !== "group") return filter;
        if (filter.op === "or") return filter.terms[0];
        return { kind: "group", op: "and", terms: filter.terms.map((term) => first(term) ?? term) };
      };
      const evaluated = first(pushed);
      const left = first(residual);
      return { ...plan, ...(evaluated && { pushed: evaluated }), ...(left && { residual: left }) };
    }),
};
