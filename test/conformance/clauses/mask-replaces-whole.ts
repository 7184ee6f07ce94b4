/** DESIGN 4: lists and maps in a mask. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { changes } from "../plant.ts";

export const clause: Clause = {
  name: "an Update replaces lists, maps and messages whole",
  needs: [],
  async run(subject) {
    const rows = subject.rows("Everything");
    const id = subject.unique("mask-whole");
    await rows.create({
      id,
      strings: ["a", "b"],
      labels: new Map([["a", "1"]]),
      detail: { name: "n", amount: 5n, tags: ["t"] },
    });
    const { row } = await rows.update({ id, strings: ["c"], labels: new Map([["b", "2"]]), detail: { name: "m" } });
    expect(row).toMatchObject({ strings: ["c"], labels: new Map([["b", "2"]]) });
    expect(row?.detail).toEqual({ name: "m", amount: 0n, tags: [], counts: new Map() });
    expect(await rows.get({ id })).toEqual(row);
  },
};

export const fault: PlantedFault = {
  name: "an Update adds to lists instead of replacing them",
  plant: (adapter) =>
    changes(adapter, (list, entity) =>
      list.map((change) => {
        const type = entity.fields[change.ordinal]?.type;
        return change.kind === "set" && change.value !== undefined && type?.kind === "list"
          ? { kind: "append", ordinal: change.ordinal, value: change.value }
          : change;
      }),
    ),
};
