/** DESIGN 5.5: rows that come while a list is paged. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import type { Plain } from "../plain.ts";
import { altered } from "../plant.ts";

export const clause: Clause = {
  name: "rows inserted meanwhile make no page skip or repeat a row",
  needs: [],
  async run(subject) {
    const rows = subject.rows("Composite");
    const tenant = subject.unique("pages-insert");
    const key = (number: bigint): Plain => ({ tenant, shard: 1n, number, at: 0n, name: "n" });
    for (let i = 0n; i < 12n; i++) await rows.create(key(i * 100n));
    const where = { tenant: { eq: tenant }, shard: { eq: 1n } };
    const seen: unknown[] = [];
    let token = "";
    let fresh = 1n;
    do {
      const page = await rows.list({ where, pageSize: 3, pageToken: token });
      seen.push(...page.rows.map((row) => row.number));
      token = page.next;
      for (const place of [0n, 550n, 1100n]) await rows.create(key(place + fresh));
      fresh += 1n;
    } while (token !== "" && fresh < 50n);
    expect(new Set(seen).size, "no row twice").toBe(seen.length);
    const missed = Array.from({ length: 12 }, (_, i) => BigInt(i) * 100n).filter((number) => !seen.includes(number));
    expect(missed, "rows that were there throughout").toEqual([]);
  },
};

export const fault: PlantedFault = {
  name: "a cursor counts rows instead of standing at one",
  plant: (adapter) =>
    altered(adapter, {
      async scan(plan, { after, ...window }, call) {
        const offset = after ? Number(Buffer.from(after).toString()) : 0;
        const whole = await adapter.scan(plan, { ...window, limit: 1000, maxBytes: Infinity }, call);
        const rows = whole.rows.slice(offset, offset + window.limit);
        const at = (count: number): Uint8Array => Buffer.from(String(offset + count));
        const more = offset + rows.length < whole.rows.length || (rows.length > 0 && whole.next !== undefined);
        return { rows, cursor: (index) => at(index + 1), ...(more && { next: at(rows.length) }) };
      },
    }),
};
