/** DESIGN 5.5: rows that go while a list is paged. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { altered } from "../plant.ts";

export const clause: Clause = {
  name: "rows deleted meanwhile make no page skip or repeat a row, not even the row a page ended with",
  needs: [],
  async run(subject) {
    const rows = subject.rows("Composite");
    const tenant = subject.unique("pages-delete");
    for (let i = 0n; i < 16n; i++) await rows.create({ tenant, shard: 1n, number: i, at: 0n, name: "n" });
    const where = { tenant: { eq: tenant }, shard: { eq: 1n } };
    const first = await rows.list({ where, pageSize: 4 });
    for (const row of [first.rows[0]!, first.rows.at(-1)!]) await rows.delete(row);
    const second = await rows.list({ where, pageSize: 4, pageToken: first.next });
    const rest = await rows.pages({ where, pageSize: 1000 });
    for (const row of second.rows) await rows.delete(row);
    const third = await rows.list({ where, pageSize: 1000, pageToken: second.next });
    const seen = [...first.rows, ...second.rows, ...third.rows].map((row) => row.number);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.length).toBe(16);
    expect(rest).toHaveLength(14);
    expect(third.next).toBe("");
  },
};

export const fault: PlantedFault = {
  name: "a cursor whose row is gone finds no way on",
  plant: (adapter) => {
    const stands = new Map<string, Parameters<typeof adapter.read>[0]["keys"][number]>();
    const name = (cursor: Uint8Array): string => Buffer.from(cursor).toString("latin1");
    return altered(adapter, {
      async scan(plan, window, call) {
        const place = window.after && stands.get(name(window.after));
        const keys = place ? [place] : [];
        const [row] = place ? await adapter.read({ keys, fields: undefined, consistency: undefined }, call) : [];
        if (row?.status === "missing") return { rows: [], cursor: () => new Uint8Array() };
        const answer = await adapter.scan(plan, window, call);
        const { entity } = plan;
        for (const [i, record] of answer.rows.entries()) {
          const key = entity.key.map((part) => record[part.ordinal]!);
          stands.set(name(answer.cursor(i)), { entity, key });
        }
        return answer;
      },
    });
  },
};
