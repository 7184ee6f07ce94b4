/** DESIGN 5.7: expired rows in reads. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { windows } from "../plant.ts";
import { refusal } from "../refusal.ts";
import { MILLISECOND, SECOND } from "../subject.ts";

export const clause: Clause = {
  name: "a row is gone at the instant it expires, and not before",
  needs: [],
  async run(subject) {
    const tickets = subject.rows("Ticket");
    const holder = subject.unique("expired");
    const id = `${holder}-0`;
    const where = { id: { one_of: [id, `${holder}-1`] } };
    await tickets.create({ id, holder, expires_at: subject.clock.now() + SECOND });
    await tickets.create({ id: `${holder}-1`, holder });
    subject.clock.advance(SECOND - MILLISECOND);
    expect(await tickets.exists({ key: { id } })).toBe(true);
    expect((await tickets.list({ where })).rows).toHaveLength(2);
    subject.clock.advance(MILLISECOND);
    await refusal("ROW_NOT_FOUND", tickets.get({ id }));
    await refusal("ROW_NOT_FOUND", tickets.get({ id }, { showDeleted: true }));
    expect(await tickets.exists({ key: { id } })).toBe(false);
    expect((await tickets.batchGet([{ id }]))[0]).toMatchObject({ fault: { reason: "ROW_NOT_FOUND" } });
    for (const showDeleted of [false, true]) {
      expect((await tickets.list({ where, showDeleted })).rows.map((row) => row.id)).toEqual([`${holder}-1`]);
      expect(await tickets.count(where, { showDeleted })).toBe(1);
      expect(await tickets.scan({ where: { holder: { eq: holder } }, showDeleted })).toHaveLength(1);
    }
    expect(await tickets.exists({ where: { id: { eq: id } } })).toBe(false);
  },
};

export const fault: PlantedFault = {
  name: "scans show a row for a moment after it expired",
  plant: (adapter) =>
    windows(adapter, (window) => ({ ...window, visible: { ...window.visible, now: window.visible.now - 1n } })),
};
