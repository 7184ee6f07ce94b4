/** DESIGN 5.7: soft-deleted rows in reads. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { windows } from "../plant.ts";
import { refusal } from "../refusal.ts";

export const clause: Clause = {
  name: "a soft-deleted row is not there, unless it is asked for",
  needs: [],
  async run(subject) {
    const accounts = subject.rows("Account");
    const name = subject.unique("hidden");
    const ids = [`${name}-0`, `${name}-1`];
    for (const id of ids) await accounts.create({ id, name });
    const { row } = await accounts.delete({ id: ids[0]! });
    const key = { id: ids[0]! };
    const where = { id: { one_of: ids } };
    await refusal("ROW_NOT_FOUND", accounts.get(key));
    expect(await accounts.get(key, { showDeleted: true })).toEqual(row);
    const [gone, live] = await accounts.batchGet(ids.map((id) => ({ id })));
    expect(gone).toMatchObject({ fault: { reason: "ROW_NOT_FOUND" } });
    expect(live).toMatchObject({ row: { id: ids[1] } });
    expect(await accounts.exists({ key })).toBe(false);
    expect(await accounts.exists({ key, showDeleted: true })).toBe(true);
    for (const [showDeleted, expected] of [
      [false, 1],
      [true, 2],
    ] as const) {
      expect((await accounts.list({ where, showDeleted })).rows).toHaveLength(expected);
      expect(await accounts.count(where, { showDeleted })).toBe(expected);
      const asked = { name: { eq: name } };
      expect(await accounts.scan({ where: asked, showDeleted })).toHaveLength(expected);
      expect((await accounts.pages({ where: asked, showDeleted, pageSize: 1, allowScan: true })).length).toBe(expected);
    }
    expect(await accounts.exists({ where: { id: { eq: ids[0]! } } })).toBe(false);
    expect((await accounts.list({ where, readMask: ["name"] })).rows).toHaveLength(1);
  },
};

export const fault: PlantedFault = {
  name: "scans show what is deleted",
  plant: (adapter) => windows(adapter, (window) => ({ ...window, visible: { ...window.visible, deleted: true } })),
};
