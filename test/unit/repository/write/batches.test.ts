/** BatchGet, BatchWrite and Execute: every position answered; all or nothing where asked. */

import { describe, expect, it } from "vitest";
import type { Adapter, WriteOutcome } from "../../../../src/adapter/adapter.ts";
import type { Mutation } from "../../../../src/model/mutation.ts";
import type {
  BatchItem,
  BatchWriteRequest,
  ExecuteRequest,
  StepOperation,
} from "../../../../src/repository/operation.ts";
import { Fault } from "../../../../src/model/fault.ts";
import {
  at,
  counting,
  creating,
  deleting,
  eq,
  existing,
  faultOf,
  field,
  fixture,
  getting,
  listing,
  nthVersion,
  order,
  other,
  putting,
  sparse,
  updating,
  type Fixture,
  transactionsOf,
} from "../fixture.ts";

const batch = (writes: readonly BatchItem[], more: Partial<BatchWriteRequest> = {}): BatchWriteRequest => ({
  requestId: "",
  readMask: undefined,
  consistency: undefined,
  writes,
  atomic: false,
  ...more,
});
const create = (id: string): BatchItem => ({ kind: "create", request: creating({ id }) });

describe.each([undefined, "weak"] as const)("batches on memory (%s)", (profile) => {
  const open = (more: Parameters<typeof fixture>[0] = {}): ReturnType<typeof fixture> =>
    fixture(profile ? { profile, ...more } : more);

  it("answer keys in order, twice where asked twice, and misses by a status", async () => {
    const { repository, call } = await open();
    for (let i = 0; i < 60; i++) await repository.create(creating({ id: `i${i}` }), call);
    const keys = [
      ["t", "i1"],
      ["t", "no"],
      ["t", "i1"],
      ["t", undefined],
      ...Array.from({ length: 56 }, (_, i) => ["t", `i${i + 2}`]),
    ];
    const request = { keys, readMask: undefined, showDeleted: false, consistency: undefined };
    const results = await repository.batchGet(request, call);
    const seen = results.map((one) =>
      one.kind === "entity" ? field(one.entity, "id") : one.kind === "fault" ? one.fault.reason : "",
    );
    expect(seen.slice(0, 5)).toEqual(["i1", "ROW_NOT_FOUND", "i1", "KEY_INCOMPLETE", "i2"]);
    expect(seen.at(-1)).toBe("i57");
    const fault = results[3];
    expect(fault?.kind === "fault" && fault.fault.detail).toMatchObject({
      field: "keys[3].id",
      index: 3,
      operation: "BatchGet",
    });
  });

  it("apply writes alone, the same key in order", async () => {
    const { repository, call } = await open();
    const results = await repository.batchWrite(
      batch([
        create("1"),
        create("1"),
        { kind: "update", request: updating({ id: "1" }, { increment: sparse({ attempts: 2n }) }) },
        { kind: "update", request: updating({ id: "1" }, { increment: sparse({ attempts: 3n }) }) },
        { kind: "put", request: putting({ id: "2" }) },
        { kind: "delete", request: deleting("9", { allowMissing: true }) },
        { kind: "delete", request: deleting("9") },
        { kind: "update", request: updating({ id: "1" }) },
        { kind: "invalid", fault: new Fault("DECIMAL_INVALID", "no decimal") },
      ]),
      call,
    );
    expect(results.map((one) => (one.kind === "fault" ? one.fault.reason : one.kind))).toEqual([
      "entity",
      "KEY_EXISTS",
      "entity",
      "entity",
      "entity",
      "nothing",
      "ROW_NOT_FOUND",
      "UPDATE_EMPTY",
      "DECIMAL_INVALID",
    ]);
    expect(field(await repository.get(getting("1"), call), "attempts")).toBe(5n);
  });

  it("apply all or nothing when atomic, and name the item that failed", async () => {
    const { repository, call } = await open();
    const fault = await faultOf(
      repository.batchWrite(batch([create("1"), create("2"), create("1")], { atomic: true }), call),
    );
    expect([fault.reason, fault.detail.index]).toEqual(["KEY_EXISTS", 2]);
    expect((await faultOf(repository.get(getting("1"), call))).reason).toBe("ROW_NOT_FOUND");
    const done = await repository.batchWrite(batch([create("1"), create("2")], { atomic: true }), call);
    expect(done.map((one) => one.kind)).toEqual(["entity", "entity"]);
    const invalid = await faultOf(
      repository.batchWrite(batch([create("3"), create("x".repeat(41))], { atomic: true }), call),
    );
    expect([invalid.reason, invalid.detail.index]).toEqual(["VALUE_TOO_LONG", 1]);
    expect((await faultOf(repository.get(getting("3"), call))).reason).toBe("ROW_NOT_FOUND");
  });
});

describe("limits of batches", () => {
  it("refuse none, too many, and what has no place in an item", async () => {
    const { repository, call } = await fixture({ limits: { batchItems: 2 } });
    const item = create("1");
    const requests = [
      batch([]),
      batch([item, create("2"), create("3")]),
      batch([{ kind: "none" }]),
      batch([{ kind: "create", request: creating({}, { requestId: "r" }) }]),
      batch([{ kind: "create", request: creating({}, { validateOnly: true }) }]),
      batch([{ kind: "create", request: creating({}, { readMask: ["id"] }) }]),
      batch([item], { requestId: "r" }),
    ];
    const reasons: string[] = [];
    for (const request of requests) reasons.push((await faultOf(repository.batchWrite(request, call))).reason);
    expect(reasons).toEqual([
      "BATCH_EMPTY",
      "BATCH_TOO_LARGE",
      "BATCH_ITEM_INVALID",
      "REQUEST_ID_MISPLACED",
      "BATCH_ITEM_INVALID",
      "BATCH_ITEM_INVALID",
      "REQUEST_ID_MISPLACED",
    ]);
    const empty = { keys: [], readMask: undefined, showDeleted: false, consistency: undefined };
    expect((await faultOf(repository.batchGet(empty, call))).reason).toBe("BATCH_EMPTY");
    expect((await repository.list(listing(), call)).entities).toEqual([]);
  });

  it("refuse an atomic batch wider than the store's before the first write", async () => {
    const { repository, call } = await fixture({ profile: "weak" });
    const writes = Array.from({ length: 26 }, (_, i) => create(`i${i}`));
    const fault = await faultOf(repository.batchWrite(batch(writes, { atomic: true }), call));
    expect([fault.reason, fault.detail.metadata]).toEqual(["CAPABILITY_MISSING", { capability: "atomic_batch" }]);
    expect((await repository.list(listing(), call)).entities).toEqual([]);
    const guarded = [
      create("1"),
      { kind: "put", request: putting({ id: "2" }, { condition: eq("status", 1) }) },
    ] as const;
    expect((await faultOf(repository.batchWrite(batch(guarded, { atomic: true }), call))).reason).toBe(
      "CAPABILITY_MISSING",
    );
    expect((await repository.list(listing(), call)).entities).toEqual([]);
  });

  it("trim results and refuse positions that no longer fit", async () => {
    const { repository, call } = await fixture({ limits: { answerBytes: 3_000 } });
    const large = (id: string): BatchItem => ({
      kind: "create",
      request: creating({ id, notes: ["x".repeat(2_000)] }),
    });
    const results = await repository.batchWrite(batch([large("1"), large("2")]), call);
    expect(results.map((one) => one.kind === "entity" && [one.trimmed, one.entity.fields])).toEqual([
      [false, undefined],
      [true, [0, 1]],
    ]);
    const keys = [
      ["t", "1"],
      ["t", "2"],
    ];
    const got = await repository.batchGet(
      { keys, readMask: undefined, showDeleted: false, consistency: undefined },
      call,
    );
    expect(got.map((one) => (one.kind === "fault" ? one.fault.reason : one.kind))).toEqual([
      "entity",
      "RESPONSE_TOO_LARGE",
    ]);
  });

  it("remember an atomic batch by its request_id", async () => {
    const { repository, call } = await fixture();
    const request = batch([create("1"), create("2")], { atomic: true, requestId: "r" });
    const first = await repository.batchWrite(request, call);
    await repository.delete(deleting("1", { permanent: true }), call);
    expect(await repository.batchWrite(request, call)).toEqual(first);
  });
});

describe("Execute", () => {
  const inStore = (
    more: Partial<ExecuteRequest> & { readonly operations: readonly StepOperation[] },
  ): ExecuteRequest => ({
    isolation: undefined,
    requestId: "",
    ...more,
  });
  const open = async (
    profile?: "weak",
  ): Promise<
    Fixture & {
      readonly run: (operations: readonly StepOperation[], more?: Partial<ExecuteRequest>) => Promise<unknown>;
    }
  > => {
    const made = await fixture(profile ? { profile } : {});
    const transactions = transactionsOf(made.options, { ...made.options, entity: other });
    return { ...made, run: (operations, more) => transactions.execute(inStore({ operations, ...more }), made.call) };
  };
  const creates = (id: string, entity = order): StepOperation => ({
    method: "Create",
    entity,
    request: creating({ id }),
  });

  it("spans entities, and each operation sees those before it", async () => {
    const { run } = await open();
    const results = await run([
      creates("1"),
      creates("1", other),
      { method: "Update", entity: order, request: updating({ id: "1", status: 7 }) },
      { method: "Get", entity: order, request: getting("1", { readMask: ["status"] }) },
      { method: "Exists", entity: other, request: existing({ target: "key", key: ["t", "2"] }) },
      { method: "Count", entity: order, request: counting({ allowScan: true }) },
      { method: "Count", entity: order, request: counting({ where: { kind: "const", value: false } }) },
      { method: "Exists", entity: order, request: existing({ target: "where", allowScan: true }) },
    ]);
    expect(results).toMatchObject([
      { method: "Create", written: { created: true } },
      { method: "Create" },
      { method: "Update", written: { created: false } },
      { method: "Get", trimmed: false },
      { method: "Exists", exists: false },
      { method: "Count", count: 1 },
      { method: "Count", count: 0 },
      { method: "Exists", exists: true },
    ]);
  });

  it("happens at one time, however the clock goes on", async () => {
    const { options, repository, call } = await open();
    let now = options.clock.now();
    const clock = { now: () => (now += 1_000_000n) };
    const transactions = transactionsOf({ ...options, clock });
    await transactions.execute(inStore({ operations: [creates("1"), creates("2"), creates("3")] }), call);
    const times = await Promise.all(
      ["1", "2", "3"].map(async (id) => field(await repository.get(getting(id), call), "created_at")),
    );
    expect(new Set(times).size).toBe(1);
  });

  it("does nothing when one fails, and names it", async () => {
    const { run, repository, call } = await open();
    const missing = await faultOf(run([creates("1"), { method: "Get", entity: order, request: getting("9") }]));
    expect([missing.reason, missing.detail.index, missing.detail.operation]).toEqual(["ROW_NOT_FOUND", 1, "Execute"]);
    const taken = await faultOf(run([creates("1"), creates("1")]));
    expect([taken.reason, taken.detail.index]).toEqual(["KEY_EXISTS", 1]);
    expect((await faultOf(repository.get(getting("1"), call))).reason).toBe("ROW_NOT_FOUND");
  });

  it("takes a soft-deleted row for missing before it is too late", async () => {
    const { run, repository, call } = await open();
    await repository.create(creating({ id: "1" }), call);
    await repository.delete(deleting("1"), call);
    const fault = await faultOf(run([creates("2"), { method: "Get", entity: order, request: getting("1") }]));
    expect(fault.reason).toBe("ROW_NOT_FOUND");
    expect((await faultOf(repository.get(getting("2"), call))).reason).toBe("ROW_NOT_FOUND");
  });

  it("refuses what has no place in it, two stores, and levels the store lacks", async () => {
    const { run, options, call } = await open();
    const stores = transactionsOf(options, { ...options, entity: other, store: "second" });
    const faults = [
      await faultOf(run([])),
      await faultOf(stores.execute(inStore({ operations: [creates("1"), creates("1", other)] }), call)),
      await faultOf(run([{ method: "Create", entity: order, request: creating({}, { requestId: "r" }) }])),
      await faultOf(run([{ method: "Create", entity: order, request: creating({}, { validateOnly: true }) }])),
      await faultOf(run([creates("1")], { isolation: "read_committed" })),
      await faultOf(run([{ method: "Create", entity: { ...order, name: "test.None" }, request: creating({}) }])),
    ];
    expect(faults.map((fault) => fault.reason)).toEqual([
      "BATCH_EMPTY",
      "STORES_MIXED",
      "REQUEST_ID_MISPLACED",
      "OPERATION_INVALID",
      "CAPABILITY_MISSING",
      "ENTITY_UNKNOWN",
    ]);
  });

  it("is remembered by its request_id", async () => {
    const { run, repository, call } = await open();
    const operations = [
      creates("1"),
      { method: "Update", entity: order, request: updating({ id: "1" }, { increment: sparse({ attempts: 1n }) }) },
    ] as const;
    const first = await run(operations, { requestId: "r" });
    expect(await run(operations, { requestId: "r" })).toEqual(first);
    expect(field(await repository.get(getting("1"), call), "attempts")).toBe(1n);
    expect((await faultOf(run([creates("2")], { requestId: "r" }))).reason).toBe("REQUEST_ID_REUSED");
  });

  it("on a weak store refuses reads, and works out what the store does not return", async () => {
    const { run, repository, call } = await open("weak");
    const read = await faultOf(run([creates("1"), { method: "Get", entity: order, request: getting("1") }]));
    expect(read.detail).toMatchObject({ metadata: { capability: "execute_read" }, index: 1 });
    const results = await run([
      creates("8"),
      { method: "Update", entity: order, request: updating({ id: "8", status: 4 }) },
      { method: "Delete", entity: order, request: deleting("8", { permanent: true }) },
    ]);
    const left = { [at("status")]: 4, [at("version")]: nthVersion(2n) };
    expect(results).toMatchObject([
      { written: { created: true } },
      { written: { entity: { record: left } } },
      { written: { entity: { record: left } } },
    ]);
    await run([creates("1"), { method: "Put", entity: order, request: putting({ id: "2" }, { readMask: ["id"] }) }]);
    expect((await repository.list(listing(), call)).entities.length).toBe(2);
    const taken = await faultOf(run([creates("3"), creates("3")]));
    expect([taken.reason, taken.detail.index]).toEqual(["KEY_EXISTS", 1]);
  });
});

describe("a row derived of a write, and not taken", () => {
  const taken = (mutation: Mutation): WriteOutcome => ({
    status: "rejected",
    because: { kind: "exists", deleted: false },
    derived: { entity: other, key: mutation.key },
  });
  const rejecting = (adapter: Adapter): Adapter => ({
    ...adapter,
    write: async ({ mutations }) => ({ kind: "fresh", outcomes: mutations.map(taken) }),
    execute: async ({ steps }) => ({
      kind: "fresh",
      outcomes: steps.map((step) => (step.kind === "write" ? taken(step.mutation) : { status: "skipped" })),
    }),
  });

  it("is what the write failed for, by its own entity", async () => {
    const { repository, options, call } = await fixture({ wrap: rejecting });
    const theirs = { reason: "KEY_EXISTS", detail: { entity: other.name } };
    expect(await faultOf(repository.create(creating({ id: "1" }), call))).toMatchObject(theirs);
    expect(await repository.batchWrite(batch([create("1")]), call)).toMatchObject([{ kind: "fault", fault: theirs }]);
    const operations = [{ method: "Create", entity: order, request: creating({ id: "1" }) } as const];
    const unit = transactionsOf(options).execute({ operations, isolation: undefined, requestId: "" }, call);
    expect(await faultOf(unit)).toMatchObject({ ...theirs, detail: { ...theirs.detail, index: 0 } });
  });
});

describe("what a unit costs in the store", () => {
  const limited = (adapter: Adapter): Adapter => ({
    ...adapter,
    capabilities: {
      ...adapter.capabilities,
      atomic_batch: { supported: true, limit: 5 },
      execute: { supported: true, limit: 5 },
    },
    unitCost: (mutations) => 2 * mutations.length, // an item more for each row, as for a unique value
  });

  it("is asked of the adapter, before anything is written", async () => {
    const { repository, options, call } = await fixture({ wrap: limited });
    const two = batch([create("1"), create("2")], { atomic: true });
    expect((await repository.batchWrite(two, call)).map(({ kind }) => kind)).toEqual(["entity", "entity"]);
    const three = batch([create("3"), create("4"), create("5")], { atomic: true });
    const refused = await faultOf(repository.batchWrite(three, call));
    expect([refused.reason, refused.detail.metadata]).toEqual(["CAPABILITY_MISSING", { capability: "atomic_batch" }]);
    const operations = ["3", "4", "5"].map((id): StepOperation => ({
      method: "Create",
      entity: order,
      request: creating({ id }),
    }));
    const unit = transactionsOf(options).execute({ operations, isolation: undefined, requestId: "" }, call);
    expect((await faultOf(unit)).detail.metadata).toEqual({ capability: "execute" });
    expect((await repository.batchWrite(batch(three.writes), call)).map(({ kind }) => kind)).toEqual(
      three.writes.map(() => "entity"),
    );
  });
});
