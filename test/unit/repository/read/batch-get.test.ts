/** What a BatchGet reads and holds, and which of its positions are answered. */

import { describe, expect, it } from "vitest";
import type { Adapter, ReadRequest, Reads } from "../../../../src/adapter/adapter.ts";
import { recordBytes } from "../../../../src/model/size.ts";
import type { BatchGetRequest, ItemResult } from "../../../../src/repository/operation.ts";
import { creating, deleting, field, fixture, order, type Fixture } from "../fixture.ts";

const asking = (ids: readonly string[], more: Partial<BatchGetRequest> = {}): BatchGetRequest => ({
  keys: ids.map((id) => ["t", id]),
  readMask: undefined,
  showDeleted: false,
  consistency: undefined,
  ...more,
});

const told = (results: readonly ItemResult[]): readonly unknown[] =>
  results.map((one) => {
    if (one.kind === "entity") return field(one.entity, "id");
    return one.kind === "fault" ? one.fault.reason : one.kind;
  });

/** The bytes that each read brought, of the store and of one state of it. */
function watched(adapter: Adapter, brought: number[]): Adapter {
  const watching = (reads: Reads): Pick<Reads, "read"> => ({
    read: async (request: ReadRequest, call) => {
      const outcomes = await reads.read(request, call);
      const rows = outcomes.flatMap((outcome) => (outcome.status === "found" ? [outcome.record] : []));
      brought.push(rows.reduce((sum, record) => sum + recordBytes(order.message, record, request.fields), 0));
      return outcomes;
    },
  });
  return {
    ...adapter,
    ...watching(adapter),
    ...(adapter.consistent && {
      consistent: (body, call) => adapter.consistent!((reads) => body({ ...reads, ...watching(reads) }), call),
    }),
  };
}

async function withRows(profile: "weak" | undefined, rows: { readonly [id: string]: number }) {
  const brought: number[] = [];
  const made: Fixture = await fixture({
    ...(profile && { profile }),
    limits: { answerBytes: 3_000, answerRowBytes: 6_000 },
    wrap: (adapter) => watched(adapter, brought),
  });
  for (const [id, size] of Object.entries(rows))
    await made.repository.create(creating({ id, notes: ["x".repeat(size)] }, { readMask: ["id"] }), made.call);
  brought.length = 0;
  return { ...made, brought };
}

describe.each([undefined, "weak"] as const)("BatchGet on memory (%s)", (profile) => {
  it("reads what its answer may hold and a row more, however many keys it has", async () => {
    const ids = Array.from({ length: 60 }, (_, i) => `i${i}`);
    const { repository, call, brought } = await withRows(profile, Object.fromEntries(ids.map((id) => [id, 1_000])));
    const results = await repository.batchGet(asking(ids), call);
    expect(told(results)).toEqual([...ids.slice(0, 2), ...ids.slice(2).map(() => "RESPONSE_TOO_LARGE")]);
    expect(Math.max(...brought)).toBeLessThan(4_300);
    expect(brought.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThan(16_000);
  });

  it("ends with the first row that no longer fits, and says of a bad key what is wrong with it", async () => {
    const { repository, call } = await withRows(profile, { a: 2_000, b: 2_000, c: 10 });
    const { keys, ...rest } = asking(["a", "no", "b", "c", "a"]);
    const results = await repository.batchGet({ ...rest, keys: [...keys, ["t", undefined]] }, call);
    const full = "RESPONSE_TOO_LARGE";
    expect(told(results)).toEqual(["a", "ROW_NOT_FOUND", full, full, full, "KEY_INCOMPLETE"]);
  });

  it("counts neither rows that are hidden nor rows that no answer holds", async () => {
    const { repository, call } = await withRows(profile, { a: 2_500, b: 2_500, c: 9_000, d: 2_500 });
    for (const id of ["a", "b"]) await repository.delete(deleting(id, { readMask: ["id"] }), call);
    const missing = "ROW_NOT_FOUND";
    expect(told(await repository.batchGet(asking(["a", "b", "c", "c", "d"]), call))).toEqual([
      missing,
      missing,
      "ROW_TOO_LARGE",
      "ROW_TOO_LARGE",
      "d",
    ]);
  });

  it("counts what it shows, and not the fields that a read_mask leaves out", async () => {
    const ids = ["a", "b", "c", "d"];
    const { repository, call } = await withRows(profile, Object.fromEntries(ids.map((id) => [id, 5_000])));
    expect(told(await repository.batchGet(asking(ids, { readMask: ["id", "title"] }), call))).toEqual(ids);
  });

  it("answers a row that is larger than an answer, alone", async () => {
    const { repository, call } = await withRows(profile, { a: 5_000, b: 10 });
    expect(told(await repository.batchGet(asking(["a", "b"]), call))).toEqual(["a", "RESPONSE_TOO_LARGE"]);
  });
});
