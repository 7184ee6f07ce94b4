/** DESIGN 4: request_id on Execute. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { execute } from "../execute.ts";
import { altered } from "../plant.ts";
import { refusal } from "../refusal.ts";

export const clause: Clause = {
  name: "Execute with a request_id is done once, and answers as it did",
  needs: ["request_id", "execute", "execute_read", "increment"],
  async run(subject) {
    const accounts = subject.rows("Account");
    const { op } = accounts;
    const id = subject.unique("request-execute");
    const requestId = subject.unique("request-id");
    await accounts.create({ id, name: "before" });
    const steps = [
      op.update({ id }, { increment: { int64_count: 2n } }),
      op.get({ id }),
      op.exists({ id }),
      op.count({ id: { eq: id } }),
    ];
    const first = await execute(subject, steps, requestId);
    await accounts.update({ id, name: "since" });
    expect(await execute(subject, steps, requestId)).toEqual(first);
    expect(await accounts.get({ id })).toMatchObject({ int64_count: 2n, name: "since", version: 3n });
    await refusal("REQUEST_ID_REUSED", execute(subject, steps.slice(0, 1), requestId));
    // Decided without a look at the store, and yet its id is taken.
    const decided = [op.count({ id: { is_null: true } })];
    expect(await execute(subject, decided, `${requestId}-0`)).toEqual([{ count: 0 }]);
    expect(await execute(subject, decided, `${requestId}-0`)).toEqual([{ count: 0 }]);
    await refusal("REQUEST_ID_REUSED", execute(subject, steps, `${requestId}-0`));
    const doomed = [op.update({ id, name: "x" }), op.get({ id: `${id}-none` })];
    await refusal("ROW_NOT_FOUND", execute(subject, doomed, `${requestId}-2`));
    await accounts.create({ id: `${id}-none` });
    expect(await execute(subject, doomed, `${requestId}-2`)).toMatchObject([
      { row: { name: "x" } },
      { row: { version: 1n } },
    ]);
  },
};

export const fault: PlantedFault = {
  name: "what Execute did is not remembered",
  plant: (adapter) =>
    altered(adapter, {
      ...(adapter.execute && {
        execute: (request, call) => {
          const { request: _, ...rest } = request;
          return adapter.execute!(rest, call);
        },
      }),
    }),
};
