/** The adapter's contract: cursors. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { filter } from "../plain.ts";
import { altered } from "../plant.ts";
import { testCall } from "../rows.ts";
import { windowOf } from "../direct.ts";

export const clause: Clause = {
  name: "a cursor is nothing but its bytes",
  needs: [],
  async run(subject) {
    const { adapter } = subject;
    const rows = subject.rows("Composite");
    const tenant = subject.unique("cursor");
    for (let i = 0n; i < 6n; i++) await rows.create({ tenant, shard: 1n, number: i, at: 0n, name: "n" });
    const { entity } = rows;
    const plan = adapter.plan({
      entity,
      where: filter(entity, { tenant: { eq: tenant }, shard: { eq: 1n } }),
      order: [],
    });
    const whole = await adapter.scan(plan, windowOf(subject, 10), testCall());
    expect(whole.rows).toHaveLength(6);
    for (const index of [0, 3, 4]) {
      const copy = Uint8Array.from(Buffer.from(Buffer.from(whole.cursor(index)).toString("base64"), "base64"));
      const rest = await adapter.scan(plan, windowOf(subject, 10, copy), testCall());
      expect(rest.rows).toEqual(whole.rows.slice(index + 1));
    }
    const [first] = [await adapter.scan(plan, windowOf(subject, 2), testCall())];
    const next = first?.next && Uint8Array.from(first.next);
    expect((await adapter.scan(plan, windowOf(subject, 10, next), testCall())).rows).toEqual(whole.rows.slice(2));
  },
};

export const fault: PlantedFault = {
  name: "a cursor is known by identity",
  plant: (adapter) => {
    const known = new Map<string, Uint8Array>();
    const made = new WeakSet<Uint8Array>();
    const remember = (cursor: Uint8Array): Uint8Array => {
      known.set(Buffer.from(cursor).toString("hex"), cursor);
      made.add(cursor);
      return cursor;
    };
    return altered(adapter, {
      async scan(plan, { after, ...window }, call) {
        const isCopy = after && !made.has(after) && after.constructor === Uint8Array;
        const answer = await adapter.scan(plan, after && !isCopy ? { ...window, after } : window, call);
        return {
          rows: answer.rows,
          cursor: (index) => remember(answer.cursor(index)),
          ...(answer.next && { next: remember(answer.next) }),
        };
      },
    });
  },
};
