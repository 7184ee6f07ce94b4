/** DESIGN 5.7: an expired row that stood in the way is gone. */

import { expect } from "vitest";
import type { EntityRecord } from "../../../src/model/value.ts";
import type { Clause, PlantedFault } from "../clause.ts";
import { entityKey } from "../direct.ts";
import { altered } from "../plant.ts";
import { refusal } from "../refusal.ts";
import { testCall } from "../rows.ts";
import { SECOND } from "../subject.ts";

export const clause: Clause = {
  name: "an expired row in the way of a unique value is removed with the write that takes it",
  needs: ["unique_index", "unique_frees_expired"],
  async run(subject) {
    const tickets = subject.rows("Ticket");
    const id = subject.unique("unique-removed");
    const code = `code-${id}`;
    await tickets.create({ id: `${id}-0`, code, expires_at: subject.clock.now() + SECOND });
    subject.clock.advance(SECOND);
    await tickets.create({ id: `${id}-1`, code });
    const keys = [entityKey(tickets.entity, { id: `${id}-0` })];
    expect(await subject.adapter.read({ keys, fields: undefined, consistency: undefined }, testCall())).toEqual([
      { status: "missing" },
    ]);
    // What is done with the old key since takes nothing from the row that has the value now.
    await tickets.create({ id: `${id}-0` });
    await tickets.delete({ id: `${id}-0` });
    await refusal("UNIQUE_VIOLATION", tickets.create({ id: `${id}-2`, code }));
  },
};

export const fault: PlantedFault = {
  name: "an expired row is left behind when its unique value is taken",
  plant: (adapter) => {
    /** Tickets by key, as they were created. */
    const created = new Map<unknown, EntityRecord>();
    return altered(adapter, {
      async read(request, call) {
        const outcomes = await adapter.read(request, call);
        return outcomes.map((outcome, i) => {
          const { entity, key } = request.keys[i]!;
          const left = entity.name.endsWith(".Ticket") ? created.get(key[0]) : undefined;
          return outcome.status === "missing" && left ? { status: "found", record: left } : outcome;
        });
      },
      async write(request, call) {
        for (const mutation of request.mutations) {
          if (!mutation.entity.name.endsWith(".Ticket")) continue;
          if (mutation.kind === "create" && mutation.entity.managed.expiresAt !== undefined) {
            const isLeft = mutation.record[mutation.entity.managed.expiresAt] !== undefined;
            if (isLeft && mutation.record[1] !== undefined) created.set(mutation.key[0], mutation.record);
          } else created.delete(mutation.key[0]);
        }
        return adapter.write(request, call);
      },
    });
  },
};
