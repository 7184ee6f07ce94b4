/** Answers of many writes or operations whose rows have no room: what they hold, and what they tell. */

import { describe, expect, it } from "vitest";
import type { StepOutcome } from "../../../../src/adapter/adapter.ts";
import { recordBytes } from "../../../../src/model/size.ts";
import type { BatchItem, BatchWriteRequest, ItemResult, StepOperation } from "../../../../src/repository/operation.ts";
import { createTransactions } from "../../../../src/repository/execute/transactions.ts";
import { at, creating, existing, field, fixture, getting, order, updating, type Fixture } from "../fixture.ts";

const IDS = Array.from({ length: 40 }, (_, i) => `i${String(i).padStart(2, "0")}`);

interface Watched extends Fixture {
  /** Bytes of the rows that each write and unit brought. */
  readonly brought: number[];
}

/** 40 rows of 1 KB; an answer holds 3 KB. */
async function withRows(profile?: "weak"): Promise<Watched> {
  const brought: number[] = [];
  const count = (outcomes: readonly StepOutcome[]): void => {
    const records = outcomes.flatMap((outcome) => ("record" in outcome && outcome.record ? [outcome.record] : []));
    brought.push(records.reduce((sum, record) => sum + recordBytes(order.message, record), 0));
  };
  const made = await fixture({
    ...(profile && { profile }),
    limits: { answerBytes: 3_000 },
    wrap: (adapter) => ({
      ...adapter,
      write: async (request, call) => {
        const result = await adapter.write(request, call);
        if (result.kind !== "reused") count(result.outcomes);
        return result;
      },
      ...(adapter.execute && {
        execute: async (request, call) => {
          const result = await adapter.execute!(request, call);
          if (result.kind !== "reused") count(result.outcomes);
          return result;
        },
      }),
    }),
  });
  for (const id of IDS)
    await made.repository.create(creating({ id, notes: ["x".repeat(1_000)] }, { readMask: ["id"] }), made.call);
  brought.length = 0;
  return { ...made, brought };
}

const touches: readonly BatchItem[] = IDS.map((id) => ({ kind: "update", request: updating({ id, status: 5 }) }));
const batch = (more: Partial<BatchWriteRequest> = {}): BatchWriteRequest => ({
  writes: touches,
  requestId: "",
  readMask: undefined,
  consistency: undefined,
  atomic: false,
  ...more,
});
const marks = (results: readonly ItemResult[]): readonly unknown[] =>
  results.map((one) => (one.kind === "entity" ? one.trimmed : one.kind));
const beyond = IDS.map((_, i) => i > 1);

describe.each([undefined, "weak"] as const)("BatchWrite on memory (%s)", (profile) => {
  it("marks the first row that has no room and all behind it, and tells their keys alone", async () => {
    const { repository, call } = await withRows(profile);
    const results = await repository.batchWrite(batch(), call);
    expect(marks(results)).toEqual(beyond);
    for (const [i, one] of results.entries()) {
      if (one.kind !== "entity") continue;
      expect(one.entity.record[at("id")]).toBe(IDS[i]);
      expect(one.entity.record[at("notes")], "what is not shown is not held").toEqual(
        one.trimmed ? undefined : ["x".repeat(1_000)],
      );
    }
  });

  it("counts what is shown of a row, and holds no more of it", async () => {
    const { repository, call } = await withRows(profile);
    const results = await repository.batchWrite(batch({ readMask: ["id", "status"] }), call);
    expect(marks(results)).toEqual(IDS.map(() => false));
    expect(results.map((one) => one.kind === "entity" && field(one.entity, "status"))).toEqual(IDS.map(() => 5));
  });
});

describe("what a store brings back", () => {
  it("is what the answer shows", async () => {
    const { repository, call, brought } = await withRows();
    await repository.batchWrite(batch(), call);
    await repository.batchWrite(batch({ atomic: true }), call);
    await repository.batchWrite(batch({ readMask: ["id", "status"] }), call);
    expect(Math.max(...brought)).toBeLessThan(3_000 + IDS.length * 40);
  });

  it("of a batch with a request_id is kept as it was trimmed, and answered so again", async () => {
    const { repository, call, brought } = await withRows();
    const request = batch({ atomic: true, requestId: "r" });
    const first = await repository.batchWrite(request, call);
    expect(marks(first)).toEqual(beyond);
    expect(await repository.batchWrite(request, call)).toEqual(first);
    const masked = await repository.batchWrite({ ...request, readMask: ["id", "status"] }, call);
    expect(marks(masked), "all of a row counts, because a repeat may ask for any of it").toEqual(beyond);
    expect(Math.max(...brought)).toBeLessThan(3_000 + IDS.length * 40);
  });

  it("of an Execute is what its operations show, and what Exists found takes no room", async () => {
    const { options, call, brought } = await withRows();
    const transactions = createTransactions(() => options);
    const run = async (operations: readonly StepOperation[], requestId = ""): Promise<readonly unknown[]> => {
      const results = await transactions.execute({ operations, isolation: undefined, requestId }, call);
      return results.map((result) => ("trimmed" in result ? result.trimmed : result.method));
    };
    const gets = IDS.map((id): StepOperation => ({ method: "Get", entity: order, request: getting(id) }));
    const exists = IDS.map((id): StepOperation => {
      return { method: "Exists", entity: order, request: existing({ target: "key", key: ["t", id] }) };
    });
    const update: StepOperation = { method: "Update", entity: order, request: updating({ id: "i00", status: 7 }) };
    expect(await run(gets)).toEqual(beyond);
    expect(await run([...exists, ...gets], "with an id")).toEqual([...exists.map(() => "Exists"), ...beyond]);
    expect(await run([update, ...gets])).toEqual([false, ...beyond.map((_, i) => i > 0)]);
    const small = IDS.map((id): StepOperation => {
      return { method: "Get", entity: order, request: getting(id, { readMask: ["status"] }) };
    });
    expect(await run(small)).toEqual(IDS.map(() => false));
    expect(Math.max(...brought)).toBeLessThan(3_000 + 2 * IDS.length * 40);
  });
});
