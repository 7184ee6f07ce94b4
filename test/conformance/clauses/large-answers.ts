/** DESIGN 5.5 and 5.8: answers beyond 2 MiB. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { scans, withRows } from "../plant.ts";
import { reasons } from "../refusal.ts";

const ROWS = 5;
const TEXT = "x".repeat(700_000);

export const clause: Clause = {
  name: "answers are cut at 2 MiB, and what was cut comes with the next page or is said to be missing",
  needs: ["large_rows"],
  async run(subject) {
    const rows = subject.rows("Composite");
    const tenant = subject.unique("large");
    const keys = Array.from({ length: ROWS }, (_, i) => ({ tenant, shard: 1n, number: BigInt(i), at: 0n, name: "n" }));
    const written = await rows.batchWrite(keys.map((key) => rows.op.create({ ...key, note: TEXT })));
    expect(reasons(written)).toEqual(keys.map(() => undefined));
    expect(written.map((item) => "row" in item && item.trimmed)).toEqual([false, false, true, true, true]);
    const where = { tenant: { eq: tenant }, shard: { eq: 1n } };
    const page = await rows.list({ where, pageSize: 100 });
    expect(page.rows.length).toBeLessThan(3);
    expect(page.rows.length).toBeGreaterThan(0);
    expect((await rows.pages({ where, pageSize: 100 })).map((row) => row.number).length).toBe(ROWS);
    expect(await rows.scan({ where, pageSize: 100 })).toHaveLength(ROWS);
    const got = await rows.batchGet(keys);
    const cut = "RESPONSE_TOO_LARGE";
    expect(reasons(got)).toEqual([undefined, undefined, cut, cut, cut]);
    for (const key of keys) await rows.delete(key, { readMask: ["tenant", "shard", "number", "at", "name"] });
  },
};

export const fault: PlantedFault = {
  name: "a window that its bytes cut short loses its last row",
  plant: (adapter) =>
    scans(adapter, (answer, _plan, { limit }) =>
      answer.next && answer.rows.length > 1 && answer.rows.length < limit
        ? withRows(answer, answer.rows.slice(0, -1))
        : answer,
    ),
};
