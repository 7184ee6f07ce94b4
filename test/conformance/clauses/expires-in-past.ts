/** test/cases 65: expires_at in the past. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { mutations } from "../plant.ts";
import { refusal } from "../refusal.ts";
import { SECOND } from "../subject.ts";

export const clause: Clause = {
  name: "expires_at in the past is accepted, and the row at once absent; it can be moved while the row lives",
  needs: [],
  async run(subject) {
    const tickets = subject.rows("Ticket");
    const now = subject.clock.now();
    const past = subject.unique("expires-past");
    expect(await tickets.create({ id: past, expires_at: now - SECOND })).toMatchObject({ expires_at: now - SECOND });
    await refusal("ROW_NOT_FOUND", tickets.get({ id: past }));

    const id = subject.unique("expires-moved");
    await tickets.create({ id, expires_at: now + SECOND });
    await tickets.update({ id, expires_at: now + 2n * SECOND });
    subject.clock.advance(SECOND);
    expect(await tickets.get({ id })).toMatchObject({ expires_at: now + 2n * SECOND });
    await tickets.update({ id }, { mask: ["expires_at"] });
    subject.clock.advance(10n * SECOND);
    expect((await tickets.get({ id })).expires_at).toBeUndefined();
  },
};

export const fault: PlantedFault = {
  name: "an Update does not move the time of expiry",
  plant: (adapter) =>
    mutations(adapter, (mutation) =>
      mutation.kind === "update"
        ? {
            ...mutation,
            changes: mutation.changes.filter((change) => change.ordinal !== mutation.entity.managed.expiresAt),
          }
        : mutation,
    ),
};
