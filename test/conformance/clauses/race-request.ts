/** The adapter's contract: a request_id is recorded in the same atomic step as its write. */

import { createHash } from "node:crypto";
import { expect } from "vitest";
import type { WriteResult } from "../../../src/adapter/adapter.ts";
import type { Clause, PlantedFault } from "../clause.ts";
import { createOf } from "../direct.ts";
import { altered } from "../plant.ts";
import { testCall } from "../rows.ts";

const REPEATS = 20;

export const clause: Clause = {
  name: "equal writes with one request_id that reach the store at once are done once, and all have one answer",
  needs: ["request_id"],
  async run(subject) {
    const { adapter, clock } = subject;
    const { entity } = subject.rows("Ticket");
    const create = createOf(subject, entity, { id: subject.unique("race-request") });
    const digest = createHash("sha256").update("race").digest();
    const request = { id: subject.unique("request-id"), digest, now: clock.now() };
    const write = { mutations: [create], atomic: false, returning: true, consistency: undefined, request };
    const results = await Promise.all(Array.from({ length: REPEATS }, () => adapter.write(write, testCall())));
    const [first] = results.filter(({ kind }) => kind === "fresh");
    expect(results.map(({ kind }) => kind).toSorted()).toEqual(["fresh", ...results.slice(1).map(() => "replayed")]);
    expect(first).toMatchObject({ outcomes: [{ status: "applied", created: true, record: create.record }] });
    for (const result of results) expect(result).toEqual({ ...first, kind: result.kind });
  },
};

export const fault: PlantedFault = {
  name: "a request_id is recorded in a second batch",
  plant: (adapter) => {
    const recorded = new Map<string, WriteResult>();
    return altered(adapter, {
      async write({ request, ...rest }, call) {
        const known = request && recorded.get(request.id);
        if (!request || rest.mutations.some(({ kind }) => kind !== "create"))
          return adapter.write({ ...rest, ...(request && { request }) }, call);
        if (known?.kind === "fresh") return { ...known, kind: "replayed" };
        const result = await adapter.write(rest, call);
        recorded.set(request.id, result);
        return result;
      },
    });
  },
};
