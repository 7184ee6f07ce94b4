/** DESIGN 4: conditions on the sort key of a collection. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { collected, type Asked } from "../collection.ts";
import { refusal } from "../refusal.ts";
import { plans } from "../plant.ts";

const MARCH = 1_772_323_200_000_000_000n; // 2026-03-01T00:00:00Z
const DAY = 86_400_000_000_000n;

export const clause: Clause = {
  name: "eq, starts_with and bounds choose among the sort keys of a collection, and what says nothing or two things is refused",
  needs: ["entity_collections"],
  async run(subject) {
    const team = subject.unique("team");
    await subject.rows("Team").create({ id: team });
    for (const number of [-3n, 0n, 7n, 12n]) await subject.rows("Task").create({ team, number });
    const days = [["a", -1n], ["b", 0n], ["c", 9n], ["d", 30n], ["e", 31n]] as const; // prettier-ignore
    for (const [id, day] of days) await subject.rows("Remark").create({ team, at: MARCH + day * DAY, id });
    for (const name of ["a", "ab", "b"]) await subject.rows("Label").create({ team, name, rank: 1 });
    const asked = async (sortKey: Asked["sortKey"], descending = false): Promise<readonly unknown[]> => {
      const entities = ["Team", "Task", "Remark", "Label"];
      const items = await collected(subject, {
        entities,
        partition: `TEAM#${team}`,
        pageSize: 2,
        descending,
        ...(sortKey && { sortKey }),
      });
      return items.map(({ row, entity }) => (entity === "Team" ? "team" : (row.number ?? row.name ?? row.id)));
    };
    expect(await asked({ startsWith: "TASK#" })).toEqual([-3n, 0n, 7n, 12n]);
    expect(await asked({ startsWith: "TASK#" }, true)).toEqual([12n, 7n, 0n, -3n]);
    expect(await asked({ startsWith: "T" })).toEqual([-3n, 0n, 7n, 12n, "team"]);
    expect(await asked({ startsWith: "" })).toHaveLength(13);
    expect(await asked({ startsWith: "NONE" })).toEqual([]);
    expect(await asked({ eq: "TEAM" })).toEqual(["team"]);
    expect(await asked({ eq: "TASK#00000000000000000007" })).toEqual([7n]);
    expect(await asked({ eq: "TASK#7" })).toEqual([]);
    expect(await asked({ startsWith: "REMARK#2026-03" })).toEqual(["b", "c", "d"]);
    expect(await asked({ startsWith: "REMARK#2026-03-1" })).toEqual(["c"]);
    expect(await asked({ gte: "REMARK#2026-03-10", lt: "REMARK#2026-04" })).toEqual(["c", "d"]);
    expect(await asked({ gt: "REMARK#2026-03-10T00:00:00.000000000Z#c", lte: "REMARK#2027" }, true)).toEqual([
      "e",
      "d",
    ]);
    expect(await asked({ gt: "TASK#00000000000000000000", lte: "TASK#00000000000000000007" })).toEqual([7n]);
    expect(await asked({ gte: "TASK#-", lt: "TASK#0" })).toEqual([-3n]);
    expect(await asked({ startsWith: "LABEL#0000000001#a" })).toEqual(["a", "ab"]);
    expect(await asked({ gt: "LABEL#0000000001#a", lt: "LABEL#0000000001#b" })).toEqual(["ab"]);
    expect(await asked({ gte: "LABEL#0000000001#ab", lt: "REMARK#2026-03" })).toEqual(["ab", "b", "a"]);
    expect(await asked({ lt: "A" })).toEqual([]);
    expect(await asked({ gt: "TEAM" })).toEqual([]);
    await refusal("EMPTY_PREDICATE", asked({}));
    await refusal("FIELD_INVALID", asked({ eq: "a", startsWith: "a" }));
    await refusal("FIELD_INVALID", asked({ gt: "a", gte: "a" }));
    await refusal("FIELD_INVALID", asked({ startsWith: "a", lt: "b" }));
  },
};

export const fault: PlantedFault = {
  name: "a range of tasks leaves out its last value",
  plant: (adapter) =>
    plans(adapter, (plan) => {
      const { access, entity } = plan;
      if (!entity.name.endsWith(".Task") || access.kind !== "key") return plan;
      const ranges = access.ranges.map(({ upper, ...rest }) => ({
        ...rest,
        ...(upper && { upper: { ...upper, inclusive: false } }),
      }));
      return { ...plan, access: { ...access, ranges } };
    }),
};
