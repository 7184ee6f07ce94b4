/** DESIGN 4: sets. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { ascending } from "../plain.ts";
import { delivered } from "../plant.ts";

export const clause: Clause = {
  name: "a set holds each element once",
  needs: [],
  async run(subject) {
    const rows = subject.rows("Everything");
    const id = subject.unique("sets");
    const sets = { string_set: ["b", "a", "b"], int64_set: [1n, 1n], color_set: [2, 3, 2], strings: ["b", "b"] };
    const created = await rows.create({ id, ...sets });
    for (const row of [created, await rows.get({ id })]) {
      expect(ascending(row.string_set)).toEqual(["a", "b"]);
      expect(row.int64_set).toEqual([1n]);
      expect(ascending(row.color_set)).toEqual([2, 3]);
      expect(row.strings).toEqual(["b", "b"]);
    }
    const updated = await rows.update({ id, string_set: ["c", "c"] });
    expect(updated.row?.string_set).toEqual(["c"]);
    expect((await rows.put({ id, int64_set: [5n, 5n, 5n] })).row?.int64_set).toEqual([5n]);
  },
};

export const fault: PlantedFault = {
  name: "a set delivers its first element twice",
  plant: (adapter) =>
    delivered(adapter, (record, entity) =>
      record.map((value, ordinal) => {
        const type = entity.fields[ordinal]?.type;
        if (type?.kind !== "list" || !type.set || !Array.isArray(value) || value.length === 0) return value;
        return [value[0], ...value];
      }),
    ),
};
