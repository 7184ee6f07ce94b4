/** DESIGN 5.1: has, has_any, has_all and is_empty. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { ascending, textOf } from "../plain.ts";
import { conditions } from "../plant.ts";

export const clause: Clause = {
  name: "lists, sets and maps are asked for what they hold",
  needs: [],
  async run(subject) {
    const accounts = subject.rows("Account");
    const name = subject.unique("collections");
    const limits = new Map([
      ["a", 1n],
      ["__proto__", 2n],
    ]);
    await accounts.create({ id: `${name}-0`, name, notes: ["a", "b", "a"], roles: ["x", "y"], limits });
    await accounts.create({ id: `${name}-1`, name, notes: ["b", ""], roles: ["x"], limits: new Map([["a", 0n]]) });
    await accounts.create({ id: `${name}-2`, name });
    const found = async (where: object): Promise<string> => {
      const list = await accounts.list({ where: { name: { eq: name }, ...where }, allowScan: true });
      return ascending(list.rows.map((row) => textOf(row.id).slice(-1))).join("");
    };
    expect(await found({ notes: { has: "a" } })).toBe("0");
    expect(await found({ notes: { has: "" } })).toBe("1");
    expect(await found({ notes: { has_any: ["a", ""] } })).toBe("01");
    expect(await found({ notes: { has_all: ["a", "b"] } })).toBe("0");
    expect(await found({ roles: { has: "x" } })).toBe("01");
    expect(await found({ roles: { has_all: ["x", "y"] } })).toBe("0");
    expect(await found({ limits: { has: "__proto__" } })).toBe("0");
    expect(await found({ limits: { has_all: ["a", "__proto__"] } })).toBe("0");
    expect(await found({ limits: { has_any: ["toString"] } })).toBe("");
    for (const field of ["notes", "roles", "limits"]) {
      expect(await found({ [field]: { is_empty: true } }), field).toBe("2");
      expect(await found({ [field]: { is_empty: false } }), field).toBe("01");
    }
    const rows = subject.rows("Everything");
    await rows.create({
      id: name,
      group: name,
      int64s: [2n ** 53n + 1n],
      by_uint64: new Map([[2n ** 64n - 1n, new Uint8Array()]]),
    });
    const held = { int64s: { has: 2n ** 53n + 1n }, by_uint64: { has: 2n ** 64n - 1n } };
    expect((await rows.list({ where: { group: { eq: name }, ...held }, allowScan: true })).rows).toHaveLength(1);
    const near = { group: { eq: name }, int64s: { has: 2n ** 53n } };
    expect((await rows.list({ where: near, allowScan: true })).rows).toHaveLength(0);
  },
};

export const fault: PlantedFault = {
  name: "has_all is content with one",
  plant: (adapter) =>
    conditions(adapter, (condition) => (condition.op === "has_all" ? { ...condition, op: "has_any" } : condition)),
};
