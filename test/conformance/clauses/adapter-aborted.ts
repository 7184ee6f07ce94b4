/** The adapter's contract: calls that are given up. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { setTimeout } from "node:timers/promises";
import { createCall } from "../../../src/model/call.ts";
import { Fault } from "../../../src/model/fault.ts";
import { createOf, entityKey, windowOf } from "../direct.ts";
import { altered } from "../plant.ts";

/** Milliseconds within which a call that is given up must settle. */
const SOON = 2_000;

export const clause: Clause = {
  name: "what is asked for a call that is given up settles soon, as a Fault or an answer",
  needs: [],
  async run(subject) {
    const { adapter } = subject;
    const { entity } = subject.rows("Ticket");
    const id = subject.unique("aborted");
    const control = createCall({ timeout: 60_000, requestId: "aborted" });
    const { call } = control;
    const read = { keys: [entityKey(entity, { id })], fields: undefined, consistency: undefined };
    const create = createOf(subject, entity, { id });
    const write = { mutations: [create], atomic: false, returning: true, consistency: undefined };
    const plan = adapter.plan({ entity, order: [] });
    const asked = [
      adapter.read(read, call),
      adapter.write(write, call),
      adapter.scan(plan, windowOf(subject, 10), call),
    ];
    control.abort("cancelled");
    asked.push(adapter.read(read, call), adapter.write({ ...write, mutations: [create] }, call));
    const late = new AbortController();
    const settled = await Promise.race([
      Promise.allSettled<unknown>(asked),
      setTimeout(SOON, undefined, { signal: late.signal }),
    ]);
    late.abort();
    expect(settled, `nothing after ${SOON} ms`).toBeDefined();
    for (const outcome of settled ?? [])
      if (outcome.status === "rejected") expect(outcome.reason).toBeInstanceOf(Fault);
    const after = await adapter.read(read, createCall({ timeout: 10_000, requestId: "after" }).call);
    expect(after).toHaveLength(1);
  },
};

export const fault: PlantedFault = {
  name: "a read for a call that is given up never settles",
  plant: (adapter) =>
    altered(adapter, {
      read: async (request, call) => (call.aborted ? new Promise(() => {}) : adapter.read(request, call)),
    }),
};
