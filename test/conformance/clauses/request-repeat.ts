/** DESIGN 4: a repeated request_id. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { altered } from "../plant.ts";

export const clause: Clause = {
  name: "an equal repeat of a request_id gets the first answer, although the row has changed since",
  needs: ["request_id", ["increment", "modify"]],
  async run(subject) {
    const accounts = subject.rows("Account");
    const id = subject.unique("request");
    const requestId = subject.unique("request-id");
    const created = await accounts.create({ id, name: "first" }, { requestId: `${requestId}-c` });
    const add = { increment: { int64_count: 5n }, requestId: `${requestId}-u` };
    const first = await accounts.update({ id }, add);
    await accounts.update({ id, name: "changed since" });
    expect(await accounts.update({ id }, add)).toEqual(first);
    expect(await accounts.create({ id, name: "first" }, { requestId: `${requestId}-c` })).toEqual(created);
    expect(await accounts.get({ id })).toMatchObject({ int64_count: 5n, name: "changed since", version: 3n });
    const gone = await accounts.delete({ id }, { permanent: true, requestId: `${requestId}-d` });
    expect(await accounts.delete({ id }, { permanent: true, requestId: `${requestId}-d` })).toEqual(gone);
    expect(await accounts.update({ id }, add)).toEqual(first);
    const tickets = subject.rows("Ticket");
    expect(await tickets.create({ id }, { requestId: `${requestId}-c` }), "ids are per entity").toEqual({ id });
  },
};

export const fault: PlantedFault = {
  name: "a repeat is answered with the row as it is now",
  plant: (adapter) =>
    altered(adapter, {
      async write(request, call) {
        const result = await adapter.write(request, call);
        if (result.kind !== "replayed") return result;
        const keys = request.mutations.map(({ entity, key }) => ({ entity, key }));
        const rows = await adapter.read({ keys, fields: undefined, consistency: undefined }, call);
        const outcomes = result.outcomes.map((outcome, i) => {
          const row = rows[i];
          return outcome.status === "applied" && row?.status === "found" ? { ...outcome, record: row.record } : outcome;
        });
        return { ...result, outcomes };
      },
    }),
};
