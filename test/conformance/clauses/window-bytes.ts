/** The adapter's contract: the bytes of one window. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { createOf, windowOf } from "../direct.ts";
import { filter } from "../plain.ts";
import { windows } from "../plant.ts";
import { testCall } from "../rows.ts";

const ROWS = 20;
const ROW_BYTES = 20_000;
const MOST_BYTES = 5 * ROW_BYTES;

export const clause: Clause = {
  name: "a window ends once its rows have the bytes that were asked, and says where it goes on",
  needs: [],
  async run(subject) {
    const { adapter } = subject;
    const { entity } = subject.rows("Composite");
    const tenant = subject.unique("window-bytes");
    const note = "x".repeat(ROW_BYTES);
    const mutations = Array.from({ length: ROWS }, (_, i) =>
      createOf(subject, entity, { tenant, shard: 1n, number: BigInt(i), at: 0n, name: "n", note }),
    );
    for (const create of mutations)
      await adapter.write({ mutations: [create], atomic: false, returning: false, consistency: undefined }, testCall());
    const where = filter(entity, { tenant: { eq: tenant }, shard: { eq: 1n } });
    const plan = adapter.plan({ entity, where, order: [] });
    const sizes: number[] = [];
    let after: Uint8Array | undefined;
    do {
      const window = { ...windowOf(subject, ROWS, after), maxBytes: MOST_BYTES };
      const { rows, next } = await adapter.scan(plan, window, testCall());
      sizes.push(rows.length);
      after = next;
    } while (after && sizes.length <= ROWS);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(ROWS);
    // About: what a row takes in the store is the store's to say.
    expect(Math.max(...sizes)).toBeLessThanOrEqual((2 * MOST_BYTES) / ROW_BYTES);
  },
};

export const fault: PlantedFault = {
  name: "the bytes of a window are not bounded",
  plant: (adapter) => windows(adapter, (window) => ({ ...window, maxBytes: Infinity })),
};
