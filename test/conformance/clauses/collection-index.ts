/** DESIGN 4: collections of an index. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { collected, queried } from "../collection.ts";
import { plans } from "../plant.ts";
import { refusal } from "../refusal.ts";
import { SECOND, type Subject } from "../subject.ts";

export const clause: Clause = {
  name: "a collection of an index has the rows that are in it, and entities without one are refused",
  needs: ["entity_collections"],
  async run(subject) {
    const [team, who] = [subject.unique("team"), subject.unique("who")];
    const now = subject.clock.now();
    const tasks = subject.rows("Task");
    await tasks.create({ team, number: 1n, assignee: who, due: now + 2n * SECOND });
    await tasks.create({ team, number: 2n, assignee: who, due: now + SECOND });
    await tasks.create({ team, number: 3n, assignee: who });
    await tasks.create({ team, number: 4n, assignee: `${who}x`, due: now });
    await tasks.create({ team, number: 5n, due: now });
    const remarks = subject.rows("Remark");
    await remarks.create({ team, at: now, id: "one", author: who });
    await remarks.create({ team: `${team}x`, at: now - SECOND, id: "two", author: who });
    await remarks.create({ team, at: now, id: "three" });
    const found = async (index: string, pageSize: number): Promise<readonly unknown[]> => {
      const asked = { entities: ["Task", "Remark"], partition: `WHO#${who}`, index, pageSize };
      return (await collected(subject, asked)).map(({ row }) => row.number ?? row.id);
    };
    for (const pageSize of [1, 3, 50]) expect(await found("GSI1", pageSize)).toEqual(["two", "one", 2n, 1n]);
    const named = {
      entities: ["Task"],
      partition: { entity: "Task", row: { assignee: who } },
      index: "tasks_by_person",
    };
    expect((await queried(subject, { ...named, descending: true })).items.map(({ row }) => row.number)).toEqual([
      1n,
      2n,
    ]);
    await tasks.update({ team, number: 2n }, { mask: ["due"] });
    expect(await found("GSI1", 50)).toEqual(["two", "one", 1n]);
    await staysOut(subject);
    const without = await refusal("PARTITION_INVALID", queried(subject, { ...named, entities: ["Task", "Team"] }));
    expect(without.detail).toMatchObject({ entity: "conformance.v1.Team", field: "entities[1]" });
    await refusal("PARTITION_INVALID", queried(subject, { ...named, index: "none" }));
  },
};

/** A field of a template that is absent or empty has no text, though a filter finds the empty one by the same index. */
async function staysOut(subject: Subject): Promise<void> {
  const team = subject.unique("empty");
  const labels = subject.rows("Label");
  const rank = 7;
  for (const [name, color] of [["a", "red"], ["b", ""], ["c"], ["d", "blue"]])
    // prettier-ignore
    await labels.create({ team, name, rank, ...(color !== undefined && { color }) });
  const asked = { entities: ["Label"], partition: "RANK#0000000007", index: "labels_by_rank" };
  for (const pageSize of [1, 2, 50]) {
    const found = await collected(subject, { ...asked, pageSize });
    expect(found.filter(({ row }) => row.team === team).map(({ row }) => row.name)).toEqual(["d", "a"]);
  }
  const where = { rank: { eq: rank }, color: { eq: "" }, team: { eq: team } };
  expect((await labels.pages({ where })).map(({ name }) => name)).toEqual(["b"]);
  await subject.rows("Task").create({ team, number: 1n, assignee: "", due: subject.clock.now() });
  const nobody = { entities: ["Task"], partition: "WHO#$00", index: "GSI1" };
  await refusal("PARTITION_INVALID", queried(subject, nobody));
}

export const fault: PlantedFault = {
  name: "an index of remarks begins at another person",
  plant: (adapter) =>
    plans(adapter, (plan) => {
      const { access, entity } = plan;
      const isIndex = entity.name.endsWith(".Remark") && access.kind === "index";
      return isIndex ? { ...plan, access: { ...access, ranges: [{ eq: [] }] } } : plan;
    }),
};
