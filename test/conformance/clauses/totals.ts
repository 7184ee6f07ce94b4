/** DESIGN 4: exact totals. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { altered } from "../plant.ts";

export const clause: Clause = {
  name: "an exact total counts what all pages hold together",
  needs: ["exact_total"],
  async run(subject) {
    const rows = subject.rows("Modern");
    const name = subject.unique("totals");
    for (let i = 0; i < 7; i++) await rows.create({ id: `${name}-${i}`, name });
    await rows.delete({ id: `${name}-3` });
    const where = { id: { starts_with: name } };
    const page = await rows.list({ where, pageSize: 2, total: "exact", allowScan: true });
    expect(page.rows).toHaveLength(2);
    expect(page.total).toBe(6);
    const shown = await rows.list({ where, pageSize: 2, total: "exact", showDeleted: true, allowScan: true });
    expect(shown.total).toBe(7);
    expect((await rows.list({ where, allowScan: true })).total).toBeUndefined();
  },
};

export const fault: PlantedFault = {
  name: "counting counts deleted rows too",
  plant: (adapter) =>
    altered(adapter, {
      ...(adapter.count && {
        count: (plan, options, call) =>
          adapter.count!(plan, { ...options, visible: { ...options.visible, deleted: true } }, call),
      }),
    }),
};
