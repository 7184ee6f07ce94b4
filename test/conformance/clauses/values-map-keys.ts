/** test/cases 37: map keys that JavaScript knows. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { stored } from "../plant.ts";

export const clause: Clause = {
  name: "map keys like __proto__ are data",
  needs: [],
  async run(subject) {
    const rows = subject.rows("Everything");
    const id = subject.unique("map-keys");
    const labels = new Map([
      ["__proto__", "a"],
      ["constructor", "b"],
      ["toString", "c"],
      ["", "d"],
      ["hasOwnProperty", "e"],
    ]);
    const created = await rows.create({ id, labels, detail: { counts: new Map([["__proto__", 1n]]) } });
    expect(created.labels).toEqual(labels);
    expect(await rows.get({ id })).toEqual(created);
    const where = { id: { eq: id }, labels: { has_all: ["__proto__", "constructor"] } };
    expect((await rows.list({ where })).rows).toHaveLength(1);
    expect((await rows.list({ where: { id: { eq: id }, labels: { has: "valueOf" } } })).rows).toHaveLength(0);
    expect(({} as { readonly a?: string }).a).toBeUndefined();
  },
};

export const fault: PlantedFault = {
  name: "maps go through an object",
  plant: (adapter) =>
    stored(adapter, (value) => {
      if (!(value instanceof Map) || ![...value.keys()].every((key) => typeof key === "string")) return value;
      const through: { [key: string]: unknown } = {};
      for (const [key, entry] of value) through[String(key)] = entry;
      return new Map([...value].filter(([key]) => Object.hasOwn(through, String(key))));
    }),
};
