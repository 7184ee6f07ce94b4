/** DESIGN 4: reads in Execute. */

import { expect } from "vitest";
import type { ReadOutcome } from "../../../src/adapter/adapter.ts";
import type { Clause, PlantedFault } from "../clause.ts";
import { execute } from "../execute.ts";
import { altered } from "../plant.ts";

export const clause: Clause = {
  name: "reads in Execute see the writes before them, and not those after",
  needs: ["execute", "execute_read"],
  async run(subject) {
    const accounts = subject.rows("Account");
    const { op } = accounts;
    const id = subject.unique("execute-reads");
    await accounts.create({ id, name: "before" });
    const done = await execute(subject, [
      op.get({ id }),
      op.update({ id, name: "after" }),
      op.get({ id }),
      op.exists({ id: `${id}-new` }),
      op.create({ id: `${id}-new` }),
      op.exists({ id: `${id}-new` }),
      op.delete({ id }),
      op.exists({ id }),
      op.undelete({ id }),
      op.get({ id }),
    ]);
    expect(done).toMatchObject([
      { row: { name: "before" } },
      { row: { name: "after" } },
      { row: { name: "after", version: 2n } },
      { exists: false },
      { row: { id: `${id}-new` } },
      { exists: true },
      { row: { version: 3n } },
      { exists: false },
      { row: { version: 4n } },
      { row: { name: "after", version: 4n } },
    ]);
  },
};

export const fault: PlantedFault = {
  name: "reads in Execute see the rows from before it",
  plant: (adapter) =>
    altered(adapter, {
      ...(adapter.execute && {
        async execute(request, call) {
          const keys = request.steps.map((step) => (step.kind === "read" ? step.key : undefined));
          const before = new Map<number, Exclude<ReadOutcome, { readonly status: "unread" }>>();
          for (const [i, key] of keys.entries()) {
            const [row] = key
              ? await adapter.read({ keys: [key], fields: undefined, consistency: undefined }, call)
              : [];
            if (row && row.status !== "unread") before.set(i, row);
          }
          const result = await adapter.execute!(request, call);
          if (result.kind === "reused") return result;
          return { ...result, outcomes: result.outcomes.map((outcome, i) => before.get(i) ?? outcome) };
        },
      }),
    }),
};
