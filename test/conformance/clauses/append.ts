/** DESIGN 4: append to lists, sets and maps. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { ascending } from "../plain.ts";
import { changes } from "../plant.ts";

export const clause: Clause = {
  name: "append goes to a list's end, once into a set, and merges into a map",
  needs: [["collections", "modify"]],
  async run(subject) {
    const accounts = subject.rows("Account");
    const id = subject.unique("append");
    await accounts.create({ id });
    const add = {
      notes: ["b", "a", "b"],
      roles: ["x", "y", "x"],
      limits: new Map([
        ["m", 1n],
        ["n", 2n],
      ]),
    };
    await accounts.update({ id }, { append: add });
    const more = {
      notes: ["a"],
      roles: ["y", "z"],
      limits: new Map([
        ["n", 3n],
        ["__proto__", 4n],
      ]),
    };
    const { row } = await accounts.update({ id }, { append: more });
    expect(row?.notes).toEqual(["b", "a", "b", "a"]);
    expect(ascending(row?.roles)).toEqual(["x", "y", "z"]);
    expect(row?.limits).toEqual(
      new Map([
        ["m", 1n],
        ["n", 3n],
        ["__proto__", 4n],
      ]),
    );
    expect(row?.version).toBe(3n);
    const read = await accounts.get({ id });
    expect(read.notes).toEqual(row?.notes);
    expect(read.limits).toEqual(row?.limits);
  },
};

export const fault: PlantedFault = {
  name: "append to a map replaces it",
  plant: (adapter) =>
    changes(adapter, (list, entity) =>
      list.map((change) =>
        change.kind === "append" && entity.fields[change.ordinal]?.type.kind === "map"
          ? { ...change, kind: "set" }
          : change,
      ),
    ),
};
