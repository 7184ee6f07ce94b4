/** DESIGN 5.8: only committed outcomes are recorded, and a value that was taken may be free by then. */

import { expect } from "vitest";
import { Fault } from "../../../src/model/fault.ts";
import type { Clause, PlantedFault } from "../clause.ts";
import { altered } from "../plant.ts";
import { refusal } from "../refusal.ts";

export const clause: Clause = {
  name: "a repeat of a write that was refused for a unique value runs anew",
  needs: ["request_id", "unique_index"],
  async run(subject) {
    const accounts = subject.rows("Account");
    const id = subject.unique("request-failed-unique");
    const requestId = subject.unique("request-id");
    const email = `${id}@test`;
    await accounts.create({ id: `${id}-owner`, email });
    const taken = (): Promise<unknown> => accounts.create({ id, email }, { requestId });
    await refusal("UNIQUE_VIOLATION", taken());
    await accounts.delete({ id: `${id}-owner` }, { permanent: true });
    expect(await taken()).toMatchObject({ email });
  },
};

export const fault: PlantedFault = {
  name: "a request_id remembers that a value was taken",
  plant: (adapter) => {
    const refused = new Map<string, Awaited<ReturnType<typeof adapter.write>>>();
    return altered(adapter, {
      async write(request, call) {
        const id = request.request?.id;
        const remembered = id === undefined ? undefined : refused.get(id);
        if (remembered) return remembered;
        const result = await adapter.write(request, call);
        const isTaken =
          result.kind === "fresh" &&
          result.outcomes.some(
            (each) =>
              each.status === "failed" && each.error instanceof Fault && each.error.reason === "UNIQUE_VIOLATION",
          );
        if (id !== undefined && isTaken) refused.set(id, result);
        return result;
      },
    });
  },
};
