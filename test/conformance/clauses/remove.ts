/** DESIGN 4: remove from lists, sets and maps. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { changes } from "../plant.ts";
import { refusal } from "../refusal.ts";

export const clause: Clause = {
  name: "remove takes every equal element of a list or set, and keys of a map whatever their values",
  needs: [["collections", "modify"]],
  async run(subject) {
    const accounts = subject.rows("Account");
    const id = subject.unique("remove");
    await accounts.create({
      id,
      notes: ["a", "b", "a", "c"],
      roles: ["x", "y"],
      limits: new Map([
        ["m", 1n],
        ["n", 2n],
      ]),
    });
    const less = {
      notes: ["a", "zzz"],
      roles: ["x", "zzz"],
      limits: new Map([
        ["n", 99n],
        ["zzz", 0n],
      ]),
    };
    const everything = subject.rows("Everything");
    await everything.create({ id, moments: [1_000_000n], spans: [1n] });
    for (const messages of [{ moments: [1_000_000n] }, { spans: [1n] }])
      await refusal("FIELD_INVALID", everything.update({ id }, { remove: messages }));
    const { row } = await accounts.update({ id }, { remove: less });
    expect(row).toMatchObject({ notes: ["b", "c"], roles: ["y"], limits: new Map([["m", 1n]]), version: 2n });
    expect(await accounts.get({ id })).toEqual(row);
    const rest = { notes: ["b", "c"], roles: ["y"], limits: new Map([["m", 0n]]) };
    expect((await accounts.update({ id }, { remove: rest })).row).toMatchObject({
      notes: [],
      roles: [],
      limits: new Map(),
    });
  },
};

export const fault: PlantedFault = {
  name: "remove takes the first of a request's elements alone",
  plant: (adapter) =>
    changes(adapter, (list) =>
      list.map((change) =>
        change.kind === "remove" && Array.isArray(change.value) ? { ...change, value: change.value.slice(1) } : change,
      ),
    ),
};
