/** Memory as a store: atomic steps, unique indexes, request_ids, compare-and-set, expiry, bounded windows. */

import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { Adapter, StepOutcome, WriteOutcome, WriteRequest } from "../../../../src/adapter/adapter.ts";
import { createGate } from "../../../../src/adapter/memory/gate.ts";
import { createMemory } from "../../../../src/adapter/memory/memory.ts";
import { open } from "../../../../src/adapter/memory/open.ts";
import { reference, weak, weakPartitioned } from "../../../../src/adapter/memory/profile.ts";
import { MOST_EXAMINED } from "../../../../src/adapter/memory/read-plan.ts";
import { createRequestLog } from "../../../../src/adapter/memory/request-log.ts";
import { sweepStep, sweepStepOf } from "../../../../src/adapter/memory/sweep.ts";
import { Table } from "../../../../src/adapter/memory/table.ts";
import { createCall, type Call } from "../../../../src/model/call.ts";
import type { Mutation } from "../../../../src/model/mutation.ts";
import { normalise } from "../../../../src/model/record.ts";
import { transition } from "../../../../src/model/transition.ts";
import type { EntityRecord, Value } from "../../../../src/model/value.ts";
import { entityOf, int64, ordinalOf, sparseOf, text, timestamp } from "../../model/sample.ts";
import { openOptions } from "../sqlite/store.ts";

const call: Call = createCall({ timeout: Infinity, requestId: "test" }).call;
const account = entityOf({
  name: "test.Account",
  fields: {
    id: text,
    email: text,
    hits: { type: int64, plain: true },
    deleted_at: timestamp,
    expires_at: timestamp,
    version: { type: int64, plain: true },
  },
  key: ["id"],
  unique: [["email"]],
  managed: { deletedAt: "deleted_at", expiresAt: "expires_at", version: "version" },
});
const HITS = ordinalOf(account, "hits");
const DAY = 24n * 3_600n * 1_000_000_000n;

const newStore = (profile = reference): Adapter =>
  createMemory(openOptions([account], { dataDir: "", clock: { now: () => 0n } }), profile);
const row = (id: string, values: { readonly [name: string]: Value } = {}): EntityRecord =>
  normalise(account.message, sparseOf(account, { id, version: 1n, ...values }));
const create = (id: string, values: { readonly [name: string]: Value } = {}, now = 100n): Mutation => ({
  kind: "create",
  entity: account,
  key: [id],
  now,
  record: row(id, values),
});
const hit = (id: string, by: bigint): Mutation => ({
  kind: "update",
  entity: account,
  key: [id],
  now: 100n,
  changes: [{ kind: "increment", ordinal: HITS, by }],
  allowMissing: false,
  generated: [],
});
const remove = (id: string): Mutation => ({
  kind: "delete",
  entity: account,
  key: [id],
  now: 100n,
  soft: true,
  allowMissing: false,
});

const options = { returning: true, consistency: undefined } as const;

async function write(
  store: Adapter,
  mutations: readonly Mutation[],
  more: Partial<WriteRequest> = {},
): Promise<readonly WriteOutcome[]> {
  const result = await store.write({ mutations, atomic: false, ...options, ...more }, call);
  if (result.kind === "reused") throw new Error("reused");
  return result.outcomes;
}

async function hits(store: Adapter, id: string): Promise<Value | undefined> {
  const [outcome] = await store.read(
    { keys: [{ entity: account, key: [id] }], fields: undefined, consistency: undefined },
    call,
  );
  return outcome?.status === "found" ? outcome.record[HITS] : undefined;
}

const statuses = (outcomes: readonly { readonly status: string }[]): readonly string[] =>
  outcomes.map((outcome) => outcome.status);

describe("atomic batches", () => {
  test("happen whole or not at all", async () => {
    const store = newStore();
    await write(store, [create("a")]);
    expect(
      statuses(await write(store, [hit("a", 1n), create("b"), create("a"), create("c")], { atomic: true })),
    ).toEqual(["skipped", "skipped", "rejected", "skipped"]);
    expect(await hits(store, "a")).toBe(0n);
    expect(await hits(store, "b")).toBeUndefined();
    expect(statuses(await write(store, [hit("a", 1n), hit("a", 2n)], { atomic: true }))).toEqual([
      "applied",
      "applied",
    ]);
    expect(await hits(store, "a")).toBe(3n);
  });

  test("without atomic, items fail alone", async () => {
    const store = newStore();
    expect(statuses(await write(store, [create("a"), create("a"), hit("a", 5n), hit("b", 1n)]))).toEqual([
      "applied",
      "rejected",
      "applied",
      "rejected",
    ]);
    expect(await hits(store, "a")).toBe(5n);
  });
});

describe("unique indexes", () => {
  const violation = async (store: Adapter, mutation: Mutation): Promise<string | undefined> => {
    const [outcome] = await write(store, [mutation]);
    return outcome?.status === "failed" ? store.classify(outcome.error).detail.constraint : undefined;
  };

  test("refuse a second live row, and say which index", async () => {
    const store = newStore();
    await write(store, [create("a", { email: "x" })]);
    expect(await violation(store, create("b", { email: "x" }))).toBe("by_email");
    expect(await hits(store, "b")).toBeUndefined();
    expect(statuses(await write(store, [create("c", { email: "" }), create("d"), create("e")]))).toEqual([
      "applied",
      "applied",
      "applied",
    ]);
  });

  test("do not see deleted rows, until one comes back", async () => {
    const store = newStore();
    await write(store, [create("a", { email: "x" }), remove("a"), create("b", { email: "x" })]);
    expect(await hits(store, "b")).toBe(0n);
    expect(await violation(store, { kind: "undelete", entity: account, key: ["a"], now: 100n })).toBe("by_email");
  });

  test("an expired row gives way, and comes back when the step is undone", async () => {
    const store = newStore();
    await write(store, [create("a", { email: "x", expires_at: 50n }, 10n)]);
    await write(store, [create("b", { email: "x" }), hit("nobody", 1n)], { atomic: true });
    expect(await hits(store, "a")).toBe(0n);
    await write(store, [create("b", { email: "x" })]);
    expect(await hits(store, "a")).toBeUndefined();
    expect(await hits(store, "b")).toBe(0n);
  });
});

describe("a recorded request", () => {
  const request = (id: string, digest: number, now: bigint) => ({
    request: { id, digest: Uint8Array.of(digest), now },
  });

  test("applies once, and answers as it did first", async () => {
    const store = newStore();
    await write(store, [create("a")]);
    const first = await store.write(
      { mutations: [hit("a", 1n)], atomic: false, ...options, ...request("r", 1, 0n) },
      call,
    );
    await write(store, [hit("a", 10n)]);
    const second = await store.write(
      { mutations: [hit("a", 1n)], atomic: false, ...options, ...request("r", 1, DAY - 1n) },
      call,
    );
    expect(second).toEqual({ ...first, kind: "replayed" });
    expect(await hits(store, "a")).toBe(11n);
    expect(
      await store.write({ mutations: [hit("a", 2n)], atomic: false, ...options, ...request("r", 2, 1n) }, call),
    ).toEqual({ kind: "reused" });
  });

  test("is forgotten after a day, and never kept for what did not happen", async () => {
    const store = newStore();
    await write(store, [hit("a", 1n)], request("r", 1, 0n));
    await write(store, [create("a")]);
    await write(store, [hit("a", 1n)], request("r", 1, 1n));
    await write(store, [hit("a", 1n)], request("r", 1, 1n + DAY));
    expect(await hits(store, "a")).toBe(2n);
  });
});

describe("modify", () => {
  test.each([
    ["the reference", reference],
    ["the weak profile", weak],
  ])("of %s decides on the row it writes over", async (_name, profile) => {
    const store = newStore(profile);
    await write(store, [create("a")]);
    const mutations = Array.from({ length: 64 }, () => hit("a", 1n));
    await Promise.all(
      mutations.map(async (mutation) =>
        store.modify?.(mutation, (current) => transition(mutation, current), options, call),
      ),
    );
    expect(await hits(store, "a")).toBe(64n);
  });
});

describe("reads of one state", () => {
  const isThere = async (reads: Pick<Adapter, "read">, id: string): Promise<boolean> => {
    const keys = [{ entity: account, key: [id] }];
    const [outcome] = await reads.read({ keys, fields: undefined, consistency: undefined }, call);
    return outcome?.status === "found";
  };

  test.each<[string, (store: Adapter) => Promise<unknown>]>([
    ["write", (store) => write(store, [remove("a")])],
    [
      "modify",
      async (store) => store.modify?.(remove("a"), (current) => transition(remove("a"), current), options, call),
    ],
  ])("see nothing of a %s that comes meanwhile, which is done behind them", async (_name, change) => {
    const store = newStore();
    await write(store, [create("a", { hits: 1n })]);
    let isDone = false;
    let changing: Promise<unknown> = Promise.resolve();
    await store.consistent?.(async (reads) => {
      changing = change(store).then(() => (isDone = true));
      for (let turn = 0; turn < 20; turn++) await setImmediate();
      expect([await isThere(reads, "a"), isDone]).toEqual([true, false]);
    }, call);
    await changing;
    expect(await hits(store, "a")).toBe(1n);
  });

  test("see rows that expire meanwhile until they end: the sweep waits", async () => {
    const gate = createGate();
    const table = new Table(account, reference);
    table.replace(undefined, row("a", { expires_at: 1n }));
    const logs = { writes: createRequestLog<WriteOutcome>(), executions: createRequestLog<StepOutcome>() };
    const sweep = sweepStepOf({ tables: new Map([[account.name, table]]), ...logs, gate });
    let sweeping: Promise<unknown> = Promise.resolve();
    await gate.closedFor(async () => {
      sweeping = sweep(2n);
      for (let turn = 0; turn < 20; turn++) await setImmediate();
      expect(table.size).toBe(1);
    });
    await sweeping;
    expect(table.size).toBe(0);
  });
});

describe("execute", () => {
  const visible = { deleted: false, now: 100n };
  const key = (id: string) => ({ entity: account, key: [id] });

  test("sees its own steps, and undoes them when a row is not found that must be", async () => {
    const store = newStore();
    const steps = [
      { kind: "write", mutation: create("a") },
      { kind: "write", mutation: hit("a", 4n) },
      { kind: "read", key: key("a"), visible },
      { kind: "count", plan: store.plan({ entity: account, order: [] }), options: { visible, consistency: undefined } },
      { kind: "read", key: key("b"), visible },
    ] as const;
    const required = (last: boolean): readonly boolean[] => [false, false, true, false, last];
    const failed = await store.execute?.(
      { steps, required: required(true), isolation: undefined, consistency: undefined },
      call,
    );
    expect(failed?.kind === "fresh" && statuses(failed.outcomes)).toEqual([
      "skipped",
      "skipped",
      "skipped",
      "skipped",
      "missing",
    ]);
    expect(await hits(store, "a")).toBeUndefined();
    const done = await store.execute?.(
      { steps, required: required(false), isolation: undefined, consistency: undefined },
      call,
    );
    expect(done).toMatchObject({
      outcomes: [
        { status: "applied" },
        { status: "applied" },
        { status: "found" },
        { status: "counted", count: 1 },
        { status: "missing" },
      ],
    });
    expect(await hits(store, "a")).toBe(4n);
  });
});

describe("the weak profile", () => {
  test("tells neither rows nor reasons", async () => {
    const store = newStore(weak);
    expect(await write(store, [create("a"), create("a")])).toEqual([
      { status: "applied", created: true, found: true },
      { status: "rejected" },
    ]);
  });

  test("tells the row as it is where it is partitioned, and nothing else", async () => {
    const store = newStore(weakPartitioned);
    const [written, rejected] = await write(store, [create("a", { hits: 7n }), create("a")]);
    expect(written).toEqual({ status: "applied", created: true, found: true });
    expect(rejected).toEqual({ status: "rejected", current: { record: row("a", { hits: 7n }) } });
  });

  test("refuses guards, arithmetic and wide batches before it writes", async () => {
    const store = newStore(weak);
    const guarded: Mutation = {
      kind: "delete",
      entity: account,
      key: ["a"],
      now: 1n,
      soft: true,
      allowMissing: false,
      precondition: { version: 1n },
    };
    const wide = Array.from({ length: 26 }, (_, i) => create(`${i}`));
    await expect(write(store, [create("a"), guarded])).rejects.toMatchObject({ reason: "CAPABILITY_MISSING" });
    await expect(write(store, [create("a"), hit("a", 1n)])).rejects.toMatchObject({ reason: "CAPABILITY_MISSING" });
    await expect(write(store, wide, { atomic: true })).rejects.toMatchObject({ reason: "CAPABILITY_MISSING" });
    expect(await hits(store, "a")).toBeUndefined();
  });

  test("keeps milliseconds, rounded to the past", async () => {
    const store = newStore(weak);
    await write(store, [create("a", { expires_at: 1_999_999n }), create("b", { expires_at: -1n })]);
    const read = await store.read(
      {
        keys: [
          { entity: account, key: ["a"] },
          { entity: account, key: ["b"] },
        ],
        fields: undefined,
        consistency: undefined,
      },
      call,
    );
    const at = ordinalOf(account, "expires_at");
    expect(read.map((outcome) => outcome.status === "found" && outcome.record[at])).toEqual([1_000_000n, -1_000_000n]);
  });

  test("scatters what a scan delivers", async () => {
    const store = newStore(weak);
    const ids = Array.from({ length: 50 }, (_, i) => `id-${String(i).padStart(2, "0")}`);
    await write(
      store,
      ids.map((id) => create(id)),
    );
    const window = await store.scan(
      store.plan({ entity: account, order: [] }),
      { limit: 100, maxBytes: 1e6, fields: undefined, visible: { deleted: false, now: 0n }, consistency: undefined },
      call,
    );
    const delivered = window.rows.map((each) => each[0]);
    expect(delivered).not.toEqual(ids);
    expect(new Set(delivered)).toEqual(new Set(ids));
  });
});

describe("windows", () => {
  const visible = { deleted: false, now: 0n };
  const window = { limit: 10, maxBytes: 1e6, fields: undefined, visible, consistency: undefined };

  test("come back short rather than look at everything", async () => {
    const store = newStore();
    for (let i = 0; i < 3 * MOST_EXAMINED; i += 500)
      await write(
        store,
        Array.from({ length: 500 }, (_, j) => create(String(i + j).padStart(6, "0"))),
      );
    const plan = store.plan({
      entity: account,
      order: [],
      where: { kind: "condition", op: "eq", ordinal: HITS, value: 1n },
    });
    const first = await store.scan(plan, window, call);
    expect(first.rows).toEqual([]);
    expect(first.next).toBeDefined();
    expect(await store.count?.(plan, { visible, consistency: undefined }, call)).toBe(0);
  });

  test("end without a cursor exactly when nothing is left", async () => {
    const store = newStore();
    await write(
      store,
      Array.from({ length: 10 }, (_, i) => create(`${i}`)),
    );
    const plan = store.plan({ entity: account, order: [] });
    expect((await store.scan(plan, window, call)).next).toBeUndefined();
    const nine = await store.scan(plan, { ...window, limit: 9 }, call);
    expect(nine.next).toEqual(nine.cursor(8));
    expect((await store.scan(plan, { ...window, maxBytes: 1 }, call)).rows).toHaveLength(1);
  });
});

test("the sweeper takes away what has expired, oldest first and no more than it may", () => {
  const table = new Table(account, reference);
  for (const [i, id] of ["a", "b", "c", "d"].entries())
    table.replace(undefined, row(id, i < 3 ? { expires_at: BigInt(30 - 10 * i) } : {}));
  expect(sweepStep([table], [], 20n, 1)).toBe(true);
  expect(["a", "b", "c", "d"].map((id) => table.get([id]) !== undefined)).toEqual([true, true, false, true]);
  expect(sweepStep([table], [], 20n, 10)).toBe(false);
  expect(["a", "b", "c", "d"].map((id) => table.get([id]) !== undefined)).toEqual([true, false, false, true]);
});

test("the log of requests forgets the oldest first", () => {
  const log = createRequestLog<number>();
  const request = (id: string, now: bigint) => ({ id, digest: Uint8Array.of(1), now });
  log.record(request("a", 0n), [1]);
  log.record(request("b", 10n), [2]);
  expect(log.sweep(DAY + 5n, 10)).toBe(1);
  expect(log.recall(request("b", 20n))).toEqual({ kind: "replayed", outcomes: [2] });
  expect(log.recall(request("a", 0n))).toBeUndefined();
});

test("a memory store has no settings but its profile", async () => {
  const opening = (url: string, settings = {}) =>
    open({
      store: "m",
      url: new URL(url),
      dataDir: "",
      entities: [account],
      tables: "auto",
      settings,
      clock: { now: () => 0n },
      log: openOptions([]).log,
    });
  expect((await opening("memory:")).capabilities).toBe(reference.capabilities);
  expect((await opening("memory:?profile=weak")).capabilities).toBe(weak.capabilities);
  await expect(opening("memory:?profile=strong")).rejects.toThrow("weak");
  await expect(opening("memory:?size=3")).rejects.toThrow("size");
  await expect(opening("memory:", { size: 3 })).rejects.toThrow("size");
});
