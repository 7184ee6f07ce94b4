/** DESIGN 5.5: what a token is bound to. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { windows } from "../plant.ts";
import { refusal } from "../refusal.ts";

export const clause: Clause = {
  name: "a page token continues its own query, at any page size and read mask, and no other query",
  needs: [],
  async run(subject) {
    const rows = subject.rows("Composite");
    const tenant = subject.unique("tokens");
    for (let i = 0n; i < 9n; i++) await rows.create({ tenant, shard: 1n, number: i, at: 0n, name: "n" });
    const where = { tenant: { eq: tenant }, shard: { eq: 1n } };
    const whole = (await rows.list({ where })).rows;
    const { next } = await rows.list({ where, pageSize: 2 });
    const wider = await rows.list({ where, pageSize: 4, pageToken: next });
    expect(wider.rows).toEqual(whole.slice(2, 6));
    const masked = await rows.list({ where, pageSize: 1000, pageToken: wider.next, readMask: ["number"] });
    expect(masked.rows.map((row) => row.number)).toEqual(whole.slice(6).map((row) => row.number));
    const others = [
      { where: { ...where, shard: { eq: 2n } } },
      { where: { ...where, name: { eq: "n" } } },
      { where, showDeleted: true },
      { where, orderBy: "name", allowScan: true },
    ];
    for (const other of others) await refusal("PAGE_TOKEN_INVALID", rows.list({ ...other, pageToken: next }));
    const entries = subject.rows("CompositeByNumber");
    await refusal("PAGE_TOKEN_INVALID", entries.list({ where: { tenant: { eq: tenant } }, pageToken: next }));
    await refusal("PAGE_TOKEN_INVALID", rows.list({ where, pageToken: `${next.slice(0, -4)}AAAA` }));
    await refusal("PAGE_TOKEN_INVALID", rows.list({ where, pageToken: "made up" }));
  },
};

export const fault: PlantedFault = {
  name: "a cursor is forgotten by a window of another width",
  plant: (adapter) => {
    let width = 0;
    return windows(adapter, ({ after, ...window }) => {
      const keeps = after !== undefined && window.limit <= width;
      width = window.limit;
      return keeps ? { ...window, after } : window;
    });
  },
};
