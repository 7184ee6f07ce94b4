/** The adapter's contract: a write that was given up while it waited. */

import { expect } from "vitest";
import { createCall } from "../../../src/model/call.ts";
import { Fault } from "../../../src/model/fault.ts";
import type { Clause, PlantedFault } from "../clause.ts";
import { createOf, entityKey } from "../direct.ts";
import { altered } from "../plant.ts";
import { testCall } from "../rows.ts";

export const clause: Clause = {
  name: "a write that was given up and is said to have changed nothing is never done",
  needs: [],
  async run(subject) {
    const { adapter } = subject;
    const { entity } = subject.rows("Ticket");
    const create = (id: string): ReturnType<typeof createOf> => createOf(subject, entity, { id });
    const write = (id: string, call = testCall()): Promise<unknown> =>
      adapter.write({ mutations: [create(id)], atomic: false, returning: false, consistency: undefined }, call);
    const ids = Array.from({ length: 64 }, () => subject.unique("given-up"));
    // The first ones keep the store busy, so that the others wait.
    const busy = Array.from({ length: 64 }, () => write(subject.unique("busy")));
    const given = ids.map((id) => {
      const control = createCall({ timeout: 60_000, requestId: "given-up" });
      return { control, settled: write(id, control.call).then(() => "applied", reasonOf) };
    });
    for (const { control } of given) control.abort("cancelled");
    const said = await Promise.all(given.map(({ settled }) => settled));
    await Promise.all(busy);
    // A write that comes later finds everything done that will be.
    await write(subject.unique("later"));
    const keys = ids.map((id) => entityKey(entity, { id }));
    const found = await adapter.read({ keys, fields: undefined, consistency: undefined }, testCall());
    const broken = ids.filter(
      (_, i) =>
        (said[i] === "CANCELLED" && found[i]?.status === "found") ||
        (said[i] === "applied" && found[i]?.status !== "found"),
    );
    expect(broken).toEqual([]);
  },
};

function reasonOf(error: unknown): string {
  return error instanceof Fault ? error.reason : "no Fault";
}

export const fault: PlantedFault = {
  name: "an aborted write that waits is still done",
  plant: (adapter) =>
    altered(adapter, {
      write: async (request, call) => {
        const done = adapter.write(request, createCall({ timeout: 10_000, requestId: "late" }).call);
        const given = Promise.withResolvers<never>();
        call.onAbort(() => given.reject(new Fault("CANCELLED", "the call ended; nothing was changed")));
        given.promise.catch(() => {});
        return Promise.race([done, given.promise]);
      },
    }),
};
