/** DESIGN 5.1: all, any and none. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { ascending, textOf } from "../plain.ts";
import { filters } from "../plant.ts";

export const clause: Clause = {
  name: "all, any and none are two-valued, however deep",
  needs: [],
  async run(subject) {
    const accounts = subject.rows("Account");
    const name = subject.unique("groups");
    await accounts.create({ id: `${name}-0`, name, int32_count: 1, status: "open" });
    await accounts.create({ id: `${name}-1`, name, int32_count: 2 });
    await accounts.create({ id: `${name}-2`, name });
    const found = async (where: object): Promise<string> => {
      const list = await accounts.list({ where: { name: { eq: name }, ...where }, allowScan: true });
      return ascending(list.rows.map((row) => textOf(row.id).slice(-1))).join("");
    };
    const one = { int32_count: { eq: 1 } };
    expect(await found({ all: [one, { status: { eq: "open" } }] })).toBe("0");
    expect(await found({ any: [one, { status: { is_null: true } }] })).toBe("012");
    expect(await found({ none: [one] })).toBe("12");
    expect(await found({ none: [one, { int32_count: { gt: 1 } }] })).toBe("2");
    expect(await found({ none: [{ int32_count: { ne: 1 } }] })).toBe("02");
    expect(await found({ none: [{ none: [one] }] })).toBe("0");
    expect(
      await found({
        any: [{ all: [one, { none: [{ status: { eq: "shut" } }] }] }, { none: [{ int32_count: { lt: 9 } }] }],
      }),
    ).toBe("02");
  },
};

export const fault: PlantedFault = {
  name: "none leaves out rows where its field is absent",
  plant: (adapter) =>
    filters(adapter, (filter) => {
      const present = (inner: typeof filter): typeof filter => {
        if (inner.kind === "group") return { ...inner, terms: inner.terms.map(present) };
        if (inner.kind !== "not") return inner;
        const [term] = inner.term.kind === "group" && inner.term.op === "or" ? inner.term.terms : [inner.term];
        if (!term || term.kind !== "condition") return { kind: "not", term: present(inner.term) };
        return {
          kind: "group",
          op: "and",
          terms: [inner, { kind: "condition", op: "is_null", ordinal: term.ordinal, value: false }],
        };
      };
      return present(filter);
    }),
};
