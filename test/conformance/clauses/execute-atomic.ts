/** DESIGN 4: Execute over several entities. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { execute } from "../execute.ts";
import { altered } from "../plant.ts";
import { refusal } from "../refusal.ts";

export const clause: Clause = {
  name: "Execute writes several entities or none, and says which operation failed",
  needs: ["execute"],
  async run(subject) {
    const accounts = subject.rows("Account");
    const tickets = subject.rows("Ticket");
    const id = subject.unique("execute");
    await accounts.create({ id, name: "a" });
    const steps = [
      accounts.op.update({ id, name: "b" }, { readMask: ["id"] }),
      tickets.op.create({ id, holder: id }),
      accounts.op.create({ id: `${id}-new` }),
      tickets.op.create({ id, holder: "taken" }),
    ];
    const fault = await refusal("KEY_EXISTS", execute(subject, steps));
    expect(fault.detail.index).toBe(3);
    expect(await accounts.get({ id })).toMatchObject({ name: "a", version: 1n });
    await refusal("ROW_NOT_FOUND", tickets.get({ id }));
    await refusal("ROW_NOT_FOUND", accounts.get({ id: `${id}-new` }));

    const done = await execute(subject, [
      ...steps.slice(0, 3),
      tickets.op.delete({ id }, { readMask: ["id"] }),
      steps[1]!,
    ]);
    expect(done).toMatchObject([
      { row: { id }, created: false },
      { row: { id, holder: id }, created: true },
      { row: { id: `${id}-new` }, created: true },
      { row: { id } },
      { row: { id, holder: id }, created: true },
    ]);
    expect(await accounts.get({ id })).toMatchObject({ name: "b", version: 2n });
    expect(await tickets.get({ id })).toMatchObject({ holder: id });
  },
};

export const fault: PlantedFault = {
  name: "Execute keeps what went before a failure",
  plant: (adapter) =>
    altered(adapter, {
      ...(adapter.execute && {
        async execute(request, call) {
          const result = await adapter.execute!(request, call);
          if (result.kind === "reused") return result;
          const failed = result.outcomes.findIndex(({ status }) => status === "rejected");
          if (failed > 0) {
            const { steps, required } = request;
            await adapter.execute!(
              { ...request, steps: steps.slice(0, failed), required: required.slice(0, failed) },
              call,
            );
          }
          return result;
        },
      }),
    }),
};
