/** DESIGN 5.8: a Get in Execute that finds nothing. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { execute } from "../execute.ts";
import { altered } from "../plant.ts";
import { refusal } from "../refusal.ts";
import { SECOND } from "../subject.ts";

export const clause: Clause = {
  name: "a Get in Execute that finds nothing fails the whole, of a deleted or expired row too",
  needs: ["execute", "execute_read"],
  async run(subject) {
    const accounts = subject.rows("Account");
    const tickets = subject.rows("Ticket");
    const id = subject.unique("execute-miss");
    await accounts.create({ id: `${id}-deleted` });
    await accounts.delete({ id: `${id}-deleted` });
    await tickets.create({ id, expires_at: subject.clock.now() + SECOND });
    subject.clock.advance(SECOND);
    const misses = [
      accounts.op.get({ id: `${id}-none` }),
      accounts.op.get({ id: `${id}-deleted` }),
      tickets.op.get({ id }),
    ];
    for (const miss of misses) {
      const fault = await refusal("ROW_NOT_FOUND", execute(subject, [accounts.op.create({ id }), miss]));
      expect(fault.detail.index).toBe(1);
      await refusal("ROW_NOT_FOUND", accounts.get({ id }));
      const alone = await refusal("ROW_NOT_FOUND", execute(subject, [accounts.op.exists({ id }), miss]));
      expect(alone.detail.index, "where nothing is written either").toBe(1);
    }
  },
};

export const fault: PlantedFault = {
  name: "a Get in Execute may find nothing",
  plant: (adapter) =>
    altered(adapter, {
      ...(adapter.execute && {
        execute: (request, call) => adapter.execute!({ ...request, required: request.required.map(() => false) }, call),
      }),
    }),
};
