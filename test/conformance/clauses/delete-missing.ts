/** DESIGN 5.6: Delete where no live row is. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { outcomes } from "../plant.ts";
import { refusal } from "../refusal.ts";
import { SECOND } from "../subject.ts";

export const clause: Clause = {
  name: "Delete finds nothing where no live row is, which allow_missing allows",
  needs: [],
  async run(subject) {
    const accounts = subject.rows("Account");
    const absent = subject.unique("delete-missing");
    await refusal("ROW_NOT_FOUND", accounts.delete({ id: absent }));
    expect((await accounts.delete({ id: absent }, { allowMissing: true })).row).toBeUndefined();

    const deleted = subject.unique("delete-missing");
    await accounts.create({ id: deleted });
    const left = await accounts.delete({ id: deleted });
    await refusal("ROW_NOT_FOUND", accounts.delete({ id: deleted }));
    expect((await accounts.delete({ id: deleted }, { allowMissing: true })).row).toBeUndefined();
    expect(await accounts.get({ id: deleted }, { showDeleted: true })).toEqual(left.row);

    const tickets = subject.rows("Ticket");
    const expired = subject.unique("delete-missing");
    await tickets.create({ id: expired, expires_at: subject.clock.now() + SECOND });
    subject.clock.advance(SECOND);
    await refusal("ROW_NOT_FOUND", tickets.delete({ id: expired }));
    expect((await tickets.delete({ id: expired }, { allowMissing: true })).row).toBeUndefined();
  },
};

export const fault: PlantedFault = {
  name: "a Delete that found nothing answers as if it had",
  plant: (adapter) =>
    outcomes(adapter, (outcome, { kind }) =>
      kind === "delete" && outcome.status === "rejected" && outcome.because?.kind === "missing"
        ? { status: "applied", created: false, found: false }
        : outcome,
    ),
};
