/** DESIGN 4: a collection is the rows of several entities in one partition, in the order of their items' sort keys. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { collected, queried, textsOf } from "../collection.ts";
import { scans, withRows } from "../plant.ts";
import { SECOND } from "../subject.ts";

export const clause: Clause = {
  name: "a collection has the rows of several entities in the order of their sort keys, over pages of any size, both ways",
  needs: ["entity_collections"],
  async run(subject) {
    const [team, other] = [subject.unique("team"), subject.unique("team")];
    const now = subject.clock.now();
    for (const id of [team, other]) {
      await subject.rows("Team").create({ id, name: id });
      for (const number of [7n, -3n, 12n, 0n]) await subject.rows("Task").create({ team: id, number });
      for (const [at, say] of [[2n, "b#1"], [1n, "a"], [2n, "b!"]] as const)
        await subject.rows("Remark").create({ team: id, at: now + at * SECOND, id: say });
      for (const [name, rank] of [["x", 2], ["y", 1], ["a", 2], ["x", -1]] as const)
        await subject.rows("Label").create({ team: id, name, rank });
    } // prettier-ignore
    const asked = { entities: ["Task", "Team", "Remark", "Label"], partition: `TEAM#${team}` };
    const items = await collected(subject, asked);
    expect(items.map(({ row }) => row.team ?? row.id)).toEqual(items.map(() => team));
    expect(items.map(({ entity, row }) => [entity, row.number ?? row.rank ?? row.name ?? row.id])).toEqual([
      ["Label", -1],
      ["Label", 1],
      ["Label", 2],
      ["Label", 2],
      ["Remark", "a"],
      ["Remark", "b!"],
      ["Remark", "b#1"],
      ["Task", -3n],
      ["Task", 0n],
      ["Task", 7n],
      ["Task", 12n],
      ["Team", team],
    ]);
    expect(items.slice(2, 4).map(({ row }) => row.name)).toEqual(["a", "x"]);
    for (const pageSize of [1, 2, 5, 100]) {
      expect(textsOf(await collected(subject, { ...asked, pageSize }))).toEqual(textsOf(items));
      const backwards = await collected(subject, { ...asked, pageSize, descending: true });
      expect(textsOf(backwards)).toEqual(textsOf(items).toReversed());
    }
    const some = await queried(subject, { entities: ["Task", "Team"], partition: { entity: "Remark", row: { team } } });
    expect(some.partition).toBe(`TEAM#${team}`);
    expect(textsOf(some.items)).toEqual(textsOf(items).slice(7));
  },
};

export const fault: PlantedFault = {
  name: "tasks of a partition come from last to first",
  plant: (adapter) =>
    scans(adapter, (answer, { entity, access }) =>
      entity.name.endsWith(".Task") && access.kind === "key" ? withRows(answer, answer.rows.toReversed()) : answer,
    ),
};
