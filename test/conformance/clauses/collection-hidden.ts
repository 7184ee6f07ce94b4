/** DESIGN 4, 5.7: what is soft-deleted or expired is in no collection, unless asked for. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { collected } from "../collection.ts";
import { windows } from "../plant.ts";
import { SECOND } from "../subject.ts";

export const clause: Clause = {
  name: "a collection hides soft-deleted and expired rows; the former can be asked for",
  needs: ["entity_collections"],
  async run(subject) {
    const team = subject.unique("team");
    const remarks = subject.rows("Remark");
    const at = subject.clock.now();
    for (const id of ["deleted", "live"]) await remarks.create({ team, at, id });
    await remarks.create({ team, at, id: "expiring", expires_at: at + 5n * SECOND });
    await remarks.delete({ team, at, id: "deleted" });
    const ids = async (showDeleted: boolean): Promise<readonly unknown[]> => {
      const asked = { entities: ["Team", "Remark"], partition: `TEAM#${team}`, pageSize: 1, showDeleted };
      return (await collected(subject, asked)).map(({ row }) => row.id);
    };
    expect(await ids(false)).toEqual(["expiring", "live"]);
    expect(await ids(true)).toEqual(["deleted", "expiring", "live"]);
    subject.clock.advance(5n * SECOND);
    expect(await ids(false)).toEqual(["live"]);
    expect(await ids(true)).toEqual(["deleted", "live"]);
  },
};

export const fault: PlantedFault = {
  name: "a window of remarks shows what is soft-deleted",
  plant: (adapter) =>
    windows(adapter, (window, { entity }) =>
      entity.name.endsWith(".Remark") ? { ...window, visible: { ...window.visible, deleted: true } } : window,
    ),
};
