/** DESIGN 5.7: an expired row in the way of a unique index. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { mutationsOf } from "../plant.ts";
import { refusal } from "../refusal.ts";
import { SECOND } from "../subject.ts";

export const clause: Clause = {
  name: "an expired row gives its unique value free",
  needs: ["unique_index", "unique_frees_expired"],
  async run(subject) {
    const tickets = subject.rows("Ticket");
    const id = subject.unique("unique-expired");
    const code = `code-${id}`;
    await tickets.create({ id: `${id}-0`, code, expires_at: subject.clock.now() + SECOND });
    await refusal("UNIQUE_VIOLATION", tickets.create({ id: `${id}-1`, code }));
    subject.clock.advance(SECOND);
    const created = await tickets.create({ id: `${id}-1`, code, expires_at: subject.clock.now() + SECOND });
    expect(await tickets.get({ id: `${id}-1` })).toEqual(created);
    subject.clock.advance(SECOND);
    await tickets.create({ id: `${id}-2` });
    expect((await tickets.update({ id: `${id}-2`, code })).row).toMatchObject({ code });
  },
};

export const fault: PlantedFault = {
  name: "an expired row keeps its unique value",
  plant: (adapter) =>
    mutationsOf(adapter, "create", (create) =>
      create.entity.managed.expiresAt !== undefined &&
      create.entity.managed.deletedAt === undefined &&
      create.record[1] !== undefined
        ? { ...create, now: create.now - SECOND }
        : create,
    ),
};
