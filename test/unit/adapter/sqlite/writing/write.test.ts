/** Writes: grouped into few commits, each by itself; batches all or nothing; outcomes recorded with the write. */

import { afterEach, describe, expect, it } from "vitest";
import {
  NotSent,
  type ExecuteStep,
  type RecordedRequest,
  type WriteRequest,
  type WriteResult,
} from "../../../../../src/adapter/adapter.ts";
import { open, type SqliteAdapter } from "../../../../../src/adapter/sqlite/open.ts";
import { createCall } from "../../../../../src/model/call.ts";
import type { Mutation } from "../../../../../src/model/mutation.ts";
import type { EntityRecord, Value } from "../../../../../src/model/value.ts";
import {
  anyCall,
  createOf,
  entity,
  NOW,
  openOptions,
  openStore,
  ordinalOf,
  readOne,
  recordWith,
  temporaryDirectory,
  writeAll,
} from "../store.ts";

const everything = entity("test.v1.Everything");
const plain = entity("test.v1.Plain");
const DAY = 86_400_000_000_000n;

const row = (id: string, values: { readonly [field: string]: Value | undefined } = {}): EntityRecord =>
  recordWith(everything, { id, ...values });

const create = (id: string, values: { readonly [field: string]: Value | undefined } = {}, now = NOW): Mutation =>
  createOf(everything, row(id, values), now);

const increment = (id: string, field: string): Mutation => ({
  kind: "update",
  entity: everything,
  key: [id],
  now: NOW,
  changes: [{ kind: "increment", ordinal: ordinalOf(everything, field), by: 1n }],
  allowMissing: false,
  generated: [],
});

const request = (id: string, payload = 1, now = NOW): RecordedRequest => ({ id, digest: Uint8Array.of(payload), now });

const writing = (mutations: readonly Mutation[], change: Partial<WriteRequest> = {}): WriteRequest => ({
  mutations,
  atomic: false,
  returning: true,
  consistency: undefined,
  ...change,
});

describe.each(["sqlite:writes.db", "sqlite::memory:"])("writes to %s", (url) => {
  const opened: SqliteAdapter[] = [];
  const store = async (dataDir = temporaryDirectory()): Promise<SqliteAdapter> => {
    const adapter = await openStore([everything, plain], { url: new URL(url), dataDir });
    opened.push(adapter);
    return adapter;
  };
  afterEach(async () => {
    for (const adapter of opened.splice(0)) await adapter.close();
  });

  it("share commits when many are in flight", async () => {
    const adapter = await store();
    await Promise.all(Array.from({ length: 256 }, (_, i) => writeAll(adapter, [create(`row ${i}`)])));
    const { groups, jobs, largest } = adapter.stats();
    expect(jobs).toBe(256);
    expect(largest).toBeGreaterThanOrEqual(8);
    expect(groups).toBeLessThanOrEqual(32);
  });

  it("fail alone in a group", async () => {
    const adapter = await store();
    await writeAll(adapter, [create("taken", { slug: "s" })]);
    const outcomes = await Promise.all([
      writeAll(adapter, [create("a")]),
      writeAll(adapter, [create("taken")]),
      writeAll(adapter, [create("b", { slug: "s" })]),
      writeAll(adapter, [create("c")]),
    ]);
    expect(outcomes.flat().map((outcome) => outcome.status)).toEqual(["applied", "rejected", "failed", "applied"]);
    const failed = outcomes[2]?.[0];
    expect(failed?.status === "failed" && adapter.classify(failed.error)).toMatchObject({
      reason: "UNIQUE_VIOLATION",
      detail: { constraint: everything.indexes.find((index) => index.unique)?.name, entity: everything.name },
    });
    expect(await readOne(adapter, everything, row("c"))).toBeDefined();
    expect(await readOne(adapter, everything, row("b"))).toBeUndefined();
  });

  it("of an atomic batch happen together or not at all", async () => {
    const adapter = await store();
    await writeAll(adapter, [create("taken")]);
    const [neighbour, outcomes] = await Promise.all([
      writeAll(adapter, [create("neighbour")]),
      writeAll(adapter, [create("a"), create("taken"), create("b")], true),
    ]);
    expect(neighbour).toMatchObject([{ status: "applied" }]);
    expect(outcomes.map((outcome) => outcome.status)).toEqual(["skipped", "rejected", "skipped"]);
    expect(await readOne(adapter, everything, row("a"))).toBeUndefined();
    expect((await writeAll(adapter, [create("a"), create("b")], true)).map(({ status }) => status)).toEqual([
      "applied",
      "applied",
    ]);
  });

  it("add up when they race", async () => {
    const adapter = await store();
    await writeAll(adapter, [create("n", { int64_value: 2n ** 53n })]);
    await Promise.all(Array.from({ length: 64 }, () => writeAll(adapter, [increment("n", "int64_value")])));
    const stored = await readOne(adapter, everything, row("n"));
    expect(stored?.[ordinalOf(everything, "int64_value")]).toBe(2n ** 53n + 64n);
    expect(stored?.[ordinalOf(everything, "version")]).toBe(64n);
  });

  it("take the place of expired rows, also of those that only hold a unique value", async () => {
    const adapter = await store();
    await writeAll(adapter, [
      create("old", { slug: "s", expires_at: NOW + 1000n, version: 7n }),
      create("live", { slug: "t" }),
    ]);
    const later = NOW + 1000n;
    expect(await writeAll(adapter, [create("new", { slug: "s" }, later)])).toMatchObject([{ status: "applied" }]);
    expect(await readOne(adapter, everything, row("old"))).toBeUndefined();
    expect(await writeAll(adapter, [create("newer", { slug: "t" }, later)])).toMatchObject([{ status: "failed" }]);
  });

  it("leave soft-deleted rows out of unique indexes", async () => {
    const adapter = await store();
    const remove: Mutation = {
      kind: "delete",
      entity: everything,
      key: ["a"],
      now: NOW,
      soft: true,
      allowMissing: false,
    };
    await writeAll(adapter, [create("a", { slug: "s" }), remove]);
    expect(await writeAll(adapter, [create("b", { slug: "s" })])).toMatchObject([{ status: "applied" }]);
    const undelete: Mutation = { kind: "undelete", entity: everything, key: ["a"], now: NOW };
    const [outcome] = await writeAll(adapter, [undelete]);
    expect(outcome?.status === "failed" && adapter.classify(outcome.error).reason).toBe("UNIQUE_VIOLATION");
    expect(await writeAll(adapter, [create("a")])).toMatchObject([
      { status: "rejected", because: { kind: "exists", deleted: true } },
    ]);
  });

  it("with a request_id happen once, and are answered the same again", async () => {
    const adapter = await store();
    const send = (payload = 1, now = NOW): Promise<WriteResult> =>
      adapter.write(writing([increment("a", "int64_value")], { request: request("r", payload, now) }), anyCall());
    await writeAll(adapter, [create("a", { int64_value: 1n, double_value: 0.1, uint64_value: 2n ** 64n - 1n })]);
    const first = await send();
    await writeAll(adapter, [increment("a", "int64_value")]);
    const again = await send();
    expect(again.kind).toBe("replayed");
    expect(again.kind !== "reused" && again.outcomes).toEqual(first.kind !== "reused" && first.outcomes);
    expect((await send(2)).kind).toBe("reused");
    expect((await send(1, NOW + DAY)).kind).toBe("fresh");
  });

  it("that are rejected are not recorded", async () => {
    const adapter = await store();
    const send = (): Promise<WriteResult> =>
      adapter.write(writing([increment("late", "int64_value")], { request: request("r") }), anyCall());
    expect(await send()).toMatchObject({ kind: "fresh", outcomes: [{ status: "rejected" }] });
    await writeAll(adapter, [create("late")]);
    expect(await send()).toMatchObject({ kind: "fresh", outcomes: [{ status: "applied" }] });
  });

  it("of a transaction see each other, and a miss that matters undoes them", async () => {
    const adapter = await store();
    const visible = { deleted: false, now: NOW };
    const steps: readonly ExecuteStep[] = [
      { kind: "write", mutation: create("a") },
      { kind: "read", key: { entity: everything, key: ["a"] }, visible },
      {
        kind: "count",
        plan: adapter.plan({ entity: everything, order: [] }),
        options: { visible, consistency: undefined },
      },
      { kind: "read", key: { entity: everything, key: ["b"] }, visible },
    ];
    const run = async (required: readonly boolean[]): Promise<readonly string[]> => {
      const result = await adapter.execute?.(
        { steps, required, isolation: undefined, consistency: undefined },
        anyCall(),
      );
      return result && result.kind !== "reused" ? result.outcomes.map((outcome) => outcome.status) : [];
    };
    expect(await run([false, true, false, true])).toEqual(["skipped", "skipped", "skipped", "missing"]);
    expect(await readOne(adapter, everything, row("a"))).toBeUndefined();
    expect(await run([false, true, false, false])).toEqual(["applied", "found", "counted", "missing"]);
  });

  it("whose call ends while they wait are not executed", async () => {
    const adapter = await store();
    const control = createCall({ timeout: 10_000, requestId: "gone" });
    const waiting = adapter.write(writing([create("gone")]), control.call);
    control.abort("cancelled");
    await expect(waiting).rejects.toBeInstanceOf(NotSent);
    await writeAll(adapter, [create("other")]);
    expect(await readOne(adapter, everything, row("gone"))).toBeUndefined();
  });

  it("are refused once too many wait", async () => {
    const adapter = await open(openOptions([everything], { url: new URL(url), settings: { queue: 4 } }));
    opened.push(adapter);
    const sent = await Promise.allSettled(Array.from({ length: 8 }, (_, i) => writeAll(adapter, [create(`q${i}`)])));
    expect(sent.filter(({ status }) => status === "fulfilled").length).toBe(4);
    const refused = sent.find((one) => one.status === "rejected");
    expect(refused?.reason).toMatchObject({ reason: "QUEUE_FULL", detail: { retryAfter: 100 } });
  });

  it("to a table without presence and with an integer key keep zeros", async () => {
    const adapter = await store();
    const record = recordWith(plain, { [plain.fields[plain.key[0]?.ordinal ?? 0]?.name ?? ""]: "k" });
    expect(await writeAll(adapter, [createOf(plain, record)])).toMatchObject([{ status: "applied" }]);
    expect(await readOne(adapter, plain, record)).toEqual(record);
  });
});

describe("recorded outcomes", () => {
  it("are there after the store was closed and opened", async () => {
    const dataDir = temporaryDirectory();
    const first = await openStore([everything], { dataDir });
    const write = writing([create("a", { string_value: "x" })], { request: request("r") });
    const answer = await first.write(write, anyCall());
    await first.close();
    const second = await openStore([everything], { dataDir });
    const again = await second.write(write, anyCall());
    expect(again.kind).toBe("replayed");
    expect(again.kind !== "reused" && again.outcomes).toEqual(answer.kind !== "reused" && answer.outcomes);
    await second.close();
  });
});
