/** The adapter's contract: the request_id of an Execute is recorded in the same atomic step as what it writes. */

import { createHash } from "node:crypto";
import { expect } from "vitest";
import type { Adapter, ExecuteRequest, ExecuteResult } from "../../../src/adapter/adapter.ts";
import type { Clause, PlantedFault } from "../clause.ts";
import { createOf, entityKey } from "../direct.ts";
import { altered } from "../plant.ts";
import { testCall } from "../rows.ts";

const REPEATS = 20;

export const clause: Clause = {
  name: "equal Executes with one request_id that reach the store at once are done once, and all have one answer",
  needs: ["request_id", "execute"],
  async run(subject) {
    const { adapter, clock } = subject;
    const { entity } = subject.rows("Ticket");
    const rows = ["a", "b"].map((name) => ({ id: subject.unique(`race-execute-${name}`) }));
    const asked: ExecuteRequest = {
      steps: rows.map((row) => ({ kind: "write", mutation: createOf(subject, entity, row) })),
      required: rows.map(() => false),
      isolation: undefined,
      consistency: undefined,
      request: {
        id: subject.unique("request-id"),
        digest: createHash("sha256").update("race").digest(),
        now: clock.now(),
      },
    };
    const results = await Promise.all(Array.from({ length: REPEATS }, () => answerOf(adapter, asked)));
    const [first] = results.filter(({ kind }) => kind === "fresh");
    expect(results.map(({ kind }) => kind).toSorted()).toEqual(["fresh", ...results.slice(1).map(() => "replayed")]);
    expect(first).toMatchObject({ outcomes: rows.map(() => ({ status: "applied", created: true })) });
    for (const result of results) expect(result).toEqual({ ...first, kind: result.kind });
    const keys = rows.map((row) => entityKey(entity, row));
    const found = await adapter.read({ keys, fields: undefined, consistency: undefined }, testCall());
    expect(found.map(({ status }) => status)).toEqual(rows.map(() => "found"));
  },
};

/** Where transactions get in each other's way, one is told so, and asks again. */
async function answerOf(adapter: Adapter, asked: ExecuteRequest): Promise<ExecuteResult> {
  for (let tries = 0; ; tries++) {
    try {
      return await adapter.execute!(asked, testCall());
    } catch (error) {
      if (tries === REPEATS || adapter.classify(error).reason !== "TRANSACTION_CONFLICT") throw error;
    }
  }
}

export const fault: PlantedFault = {
  name: "the request_id of an Execute is recorded in a second batch",
  plant: (adapter) => {
    const recorded = new Map<string, ExecuteResult>();
    return altered(adapter, {
      ...(adapter.execute && {
        async execute({ request, ...rest }, call) {
          const isMine = rest.steps.every((step) => step.kind === "write" && step.mutation.kind === "create");
          if (!request || !isMine) return adapter.execute!({ ...rest, ...(request && { request }) }, call);
          const known = recorded.get(request.id);
          if (known?.kind === "fresh") return { ...known, kind: "replayed" };
          const result = await adapter.execute!(rest, call);
          recorded.set(request.id, result);
          return result;
        },
      }),
    });
  },
};
