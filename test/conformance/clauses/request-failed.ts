/** DESIGN 5.8: only committed outcomes are recorded. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { altered } from "../plant.ts";
import { refusal } from "../refusal.ts";

export const clause: Clause = {
  name: "a repeat of a failed write runs anew",
  needs: ["request_id"],
  async run(subject) {
    const accounts = subject.rows("Account");
    const id = subject.unique("request-failed");
    const requestId = subject.unique("request-id");
    const update = (): Promise<unknown> => accounts.update({ id, name: "second" }, { requestId, expectedVersion: 1n });
    await refusal("ROW_NOT_FOUND", update());
    await accounts.create({ id, name: "first" });
    await update();
    expect(await accounts.get({ id })).toMatchObject({ name: "second", version: 2n });
    await update();
    expect(await accounts.get({ id })).toMatchObject({ name: "second", version: 2n });
  },
};

export const fault: PlantedFault = {
  name: "a refusal is remembered like an answer",
  plant: (adapter) => {
    const refused = new Map<string, Awaited<ReturnType<typeof adapter.write>>>();
    return altered(adapter, {
      async write(request, call) {
        const id = request.request?.id;
        const remembered = id === undefined ? undefined : refused.get(id);
        if (remembered) return remembered;
        const result = await adapter.write(request, call);
        const isRefused = result.kind === "fresh" && result.outcomes.some(({ status }) => status === "rejected");
        if (id !== undefined && isRefused) refused.set(id, result);
        return result;
      },
    });
  },
};
