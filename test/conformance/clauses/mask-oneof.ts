/** DESIGN 4: members of a oneof. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { changes } from "../plant.ts";

const members = ["string_choice", "int64_choice", "color_choice", "detail_choice", "moment_choice"];

export const clause: Clause = {
  name: "setting a member of a oneof clears its siblings",
  needs: [],
  async run(subject) {
    const rows = subject.rows("Everything");
    const id = subject.unique("oneof");
    await rows.create({ id, string_choice: "" });
    const values = {
      int64_choice: 0n,
      detail_choice: { name: "d" },
      color_choice: 0,
      string_choice: "s",
      moment_choice: 5_000_000_000n,
    };
    for (const [name, value] of Object.entries(values)) {
      const { row } = await rows.update({ id, [name]: value });
      expect(members.filter((member) => row?.[member] !== undefined)).toEqual([name]);
      expect(await rows.get({ id })).toEqual(row);
    }
    const { row } = await rows.update({ id }, { mask: ["moment_choice"] });
    expect(members.filter((member) => row?.[member] !== undefined)).toEqual([]);
  },
};

export const fault: PlantedFault = {
  name: "siblings in a oneof stay",
  plant: (adapter) =>
    changes(adapter, (list, entity) =>
      list.filter(
        (change) =>
          change.kind !== "set" || change.value !== undefined || entity.fields[change.ordinal]?.oneof === undefined,
      ),
    ),
};
