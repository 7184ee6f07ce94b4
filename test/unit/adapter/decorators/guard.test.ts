// The guard: an adapter that breaks the contract in one way, and what is seen above it.
import { describe, expect, test } from "vitest";
import {
  NotSent,
  type Adapter,
  type ReadRequest,
  type Transaction,
  type WriteRequest,
} from "../../../../src/adapter/adapter.ts";
import { guard } from "../../../../src/adapter/decorators/guard.ts";
import type { Plan } from "../../../../src/adapter/plan.ts";
import { createCall, type AbortReason, type Call, type CallControl } from "../../../../src/model/call.ts";
import type { EntityModel } from "../../../../src/model/entity.ts";
import { Fault } from "../../../../src/model/fault.ts";

const message = { name: "t.E", fields: [], ignored: [] };
const entity: EntityModel = {
  name: "t.E",
  service: "t.ERepository",
  store: "s",
  table: "e",
  renamedFrom: [],
  fields: [],
  message,
  key: [],
  indexes: [],
  managed: {},
  defaultOrder: [],
};
const plan: Plan = { entity, access: { kind: "full" }, needsScan: false, ordered: true, order: [] };
const read: ReadRequest = { keys: [{ entity, key: [] }], fields: undefined, consistency: undefined };
const write: WriteRequest = {
  mutations: [{ kind: "undelete", entity, key: [], now: 0n }],
  atomic: false,
  returning: false,
  consistency: undefined,
};
const never = new Promise<never>(() => {});

function adapter(changed: Partial<Adapter>): Adapter {
  return {
    capabilities: {},
    plan: () => plan,
    classify: () => new Fault("STORE_UNAVAILABLE", "classified"),
    ping: async () => {},
    close: async () => {},
    read: () => never,
    write: () => never,
    scan: () => never,
    ...changed,
  };
}

function call(timeout = 60_000): CallControl {
  return createCall({ timeout, requestId: "r" });
}

const failing = (reason: string) =>
  expect.objectContaining({ reason, detail: expect.objectContaining({ store: "s" }) });

describe("what is not published", () => {
  const modify: NonNullable<Adapter["modify"]> = () => never;
  test.each([
    ["is there and published", { modify }, true, true],
    ["is there and not published", { modify }, false, false],
  ])("modify that %s", (_, members, supported, isThere) => {
    const guarded = guard(adapter({ ...members, capabilities: { modify: { supported } } }), "s");
    expect(guarded.modify !== undefined).toBe(isThere);
  });

  test("what a schema has beside its two members is there where the store has it", () => {
    const bare = { verify: async () => [], apply: async () => [] };
    const contract = () => ({ revision: 1, storeDigest: "", digest: "", indexes: [], drift: [] });
    const capabilities = { schema: { supported: true } };
    const schemaOf = (schema: Adapter["schema"]) =>
      guard(adapter({ capabilities, ...(schema && { schema }) }), "s").schema;
    expect(Object.keys(schemaOf(bare) ?? {}).toSorted()).toEqual(["apply", "verify"]);
    expect(Object.keys(schemaOf({ ...bare, contract }) ?? {}).toSorted()).toEqual(["apply", "contract", "verify"]);
  });
});

describe("abort", () => {
  test.each<[AbortReason, string, string]>([
    ["deadline", "DEADLINE_EXCEEDED", "DEADLINE_EXCEEDED"],
    ["cancelled", "CANCELLED", "DEADLINE_EXCEEDED"],
    ["draining", "DRAINING", "WRITE_OUTCOME_UNKNOWN"],
  ])("%s settles a read with %s and a sent write with %s", async (because, ofRead, ofWrite) => {
    const guarded = guard(adapter({}), "s");
    const control = call();
    const running = [guarded.read(read, control.call), guarded.write(write, control.call)];
    control.abort(because);
    await expect(running[0]).rejects.toEqual(failing(ofRead));
    await expect(running[1]).rejects.toEqual(failing(ofWrite));
  });

  test("a call that is over reaches no store, and says so of a write too", async () => {
    let sent = 0;
    const guarded = guard(adapter({ write: async () => ((sent += 1), { kind: "fresh", outcomes: [] }) }), "s");
    const control = call();
    control.abort("draining");
    await expect(guarded.write(write, control.call)).rejects.toEqual(failing("DRAINING"));
    expect(sent).toBe(0);
  });
});

describe("failures", () => {
  test("a write that the adapter never sent counts as a read", async () => {
    const control = call();
    const notSent = (_: WriteRequest, waiting: Call): Promise<never> =>
      new Promise((_resolve, reject) => void waiting.onAbort(() => reject(new NotSent("it waited"))));
    const guarded = guard(adapter({ write: notSent }), "s");
    const answer = guarded.write(write, control.call);
    control.abort("draining");
    await expect(answer).rejects.toMatchObject({ reason: "DRAINING", detail: { retryAfter: 1_000 } });
  });

  test("vendor errors are classified, thrown at once or later, and named with their store", async () => {
    const now = guard(adapter({ read: () => { throw new Error("vendor"); } }), "s"); // prettier-ignore
    await expect(now.read(read, call().call)).rejects.toEqual(failing("STORE_UNAVAILABLE"));
    const later = guard(adapter({ ping: () => Promise.reject(new Error("vendor")) }), "s");
    await expect(later.ping(call().call)).rejects.toEqual(failing("STORE_UNAVAILABLE"));
  });

  test("failed outcomes carry Faults", async () => {
    const guarded = guard(adapter({ read: async () => [{ status: "failed", error: new Error("vendor") }] }), "s");
    expect(await guarded.read(read, call().call)).toEqual([{ status: "failed", error: failing("STORE_UNAVAILABLE") }]);
  });

  test("a read that stops before its first key, or without a budget, is a broken contract", async () => {
    const two = { ...read, keys: [...read.keys, ...read.keys] };
    const stops = (...statuses: readonly ("missing" | "unread")[]): Adapter =>
      guard(adapter({ read: async () => statuses.map((status) => ({ status })) }), "s");
    await expect(stops("unread", "unread").read({ ...two, maxBytes: 1 }, call().call)).rejects.toEqual(
      failing("INTERNAL"),
    );
    await expect(stops("missing", "unread").read(two, call().call)).rejects.toEqual(failing("INTERNAL"));
    await expect(stops("missing", "unread").read({ ...two, maxBytes: 1 }, call().call)).resolves.toHaveLength(2);
  });

  test("missing outcomes and too many rows are a broken contract", async () => {
    const cursor = (): Uint8Array => new Uint8Array();
    const guarded = guard(
      adapter({
        read: async () => [],
        write: async () => ({ kind: "fresh", outcomes: [] }),
        scan: async () => ({ rows: [[], []], cursor }),
      }),
      "s",
    );
    const window = {
      limit: 1,
      maxBytes: 1,
      fields: undefined,
      visible: { deleted: false, now: 0n },
      consistency: undefined,
    };
    await expect(guarded.read(read, call().call)).rejects.toEqual(failing("INTERNAL"));
    await expect(guarded.write(write, call().call)).rejects.toEqual(failing("INTERNAL"));
    await expect(guarded.scan(plan, window, call().call)).rejects.toEqual(failing("INTERNAL"));
  });
});

test("what a write asks beside its outcomes is refused where it is not published, and the write with it", async () => {
  const asked: string[] = [];
  const capabilities = { execute: { supported: true }, modify: { supported: true } };
  const member = (name: string) => () => (asked.push(name), never);
  const plain = guard(
    adapter({ capabilities, write: member("write"), execute: member("execute"), modify: member("modify") }),
    "s",
  );
  const { call: within } = call();
  for (const more of [{ images: true }, { derive: [{ name: "any", data: 0 }] }]) {
    const executing = { steps: [], required: [], isolation: undefined, consistency: undefined, ...more };
    const [mutation] = write.mutations;
    const calls = [
      plain.write({ ...write, ...more }, within),
      plain.execute?.(executing, within),
      mutation &&
        plain.modify?.(mutation, () => ({ action: "keep", record: undefined }), { ...write, ...more }, within),
    ];
    for (const refused of calls) await expect(refused).rejects.toEqual(failing("CAPABILITY_MISSING"));
  }
  expect(asked).toEqual([]);
});

test("optional members that are not published are not there", () => {
  const count = async (): Promise<number> => 1;
  expect(guard(adapter({ count }), "s")).not.toHaveProperty("count");
  expect(guard(adapter({ count, capabilities: { count: { supported: true } } }), "s")).toHaveProperty("count");
});

describe("a transaction", () => {
  const transaction = (rollback: () => Promise<void>): Transaction => ({
    read: () => never,
    write: () => never,
    scan: () => never,
    commit: () => never,
    rollback,
  });

  test("that comes after its call has ended is rolled back", async () => {
    const begun = Promise.withResolvers<Transaction>();
    const rolledBack = Promise.withResolvers<void>();
    const guarded = guard(adapter({ capabilities: { begin: { supported: true } }, begin: () => begun.promise }), "s");
    const asked = call();
    const beginning = guarded.begin?.({ isolation: undefined, readOnly: false }, asked.call);
    asked.abort("cancelled");
    await expect(beginning).rejects.toEqual(failing("CANCELLED"));
    begun.resolve(transaction(async () => rolledBack.resolve()));
    await rolledBack.promise;
  });

  test("that comes in time is left alone", async () => {
    let rollbacks = 0;
    const own = transaction(async () => void rollbacks++);
    const guarded = guard(adapter({ capabilities: { begin: { supported: true } }, begin: async () => own }), "s");
    await guarded.begin?.({ isolation: undefined, readOnly: false }, call().call);
    expect(rollbacks).toBe(0);
  });
});

describe("schema and statements", () => {
  const published = { schema: { supported: true }, statements: { supported: true } };
  const statement = { text: "", parameters: [], readOnly: true };
  const emptySchema = { verify: async () => [], apply: async () => [] };

  test("settle when their call aborts, and fail with Faults", async () => {
    const schema = { verify: () => never, apply: () => Promise.reject(new Error("secret")) };
    const statements = { query: () => never, execute: () => Promise.reject(new Error("secret")) };
    const guarded = guard(adapter({ capabilities: published, schema, statements }), "s");
    const asked = call();
    const waiting = [guarded.schema?.verify(asked.call), guarded.statements?.query(statement, asked.call)];
    asked.abort("cancelled");
    for (const each of waiting) await expect(each).rejects.toEqual(failing("CANCELLED"));
    await expect(guarded.schema?.apply(call().call)).rejects.toEqual(failing("STORE_UNAVAILABLE"));
    await expect(guarded.statements?.execute(statement, call().call)).rejects.toEqual(failing("STORE_UNAVAILABLE"));
  });

  test.each([
    ["reads", true, "DRAINING"],
    ["writes", false, "WRITE_OUTCOME_UNKNOWN"],
  ])("one that %s and is cut off says whether it may have happened", async (_, readOnly, reason) => {
    const statements = { query: () => never, execute: () => never, prepare: async () => prepared };
    const prepared = { query: () => never, execute: () => never, close: async () => {} };
    const guarded = guard(adapter({ capabilities: published, schema: emptySchema, statements }), "s");
    const asked = call();
    const ready = await guarded.statements?.prepare?.("", asked.call);
    const given = { ...statement, readOnly };
    const running = Promise.allSettled([
      guarded.statements?.query(given, asked.call),
      guarded.statements?.execute(given, asked.call),
      ready?.query(given, asked.call),
      ready?.execute(given, asked.call),
    ]);
    asked.abort("draining");
    expect(await running).toEqual(Array.from({ length: 4 }, () => ({ status: "rejected", reason: failing(reason) })));
  });

  test("rows that never come settle, and release their cursor", async () => {
    const released = Promise.withResolvers<void>();
    const rows: AsyncIterable<never> = {
      [Symbol.asyncIterator]: () => ({
        next: () => never,
        return: async () => {
          released.resolve();
          return { done: true, value: undefined };
        },
      }),
    };
    const statements = { query: async () => ({ columns: [], rows }), execute: () => never };
    const guarded = guard(adapter({ capabilities: { statements: published.statements }, statements }), "s");
    const asked = call();
    const answer = await guarded.statements?.query(statement, asked.call);
    const pulled = answer?.rows[Symbol.asyncIterator]().next();
    asked.abort("cancelled");
    await expect(pulled).rejects.toEqual(failing("CANCELLED"));
    await released.promise;
  });
});

test("a capability that is published and has no member is refused when the store is opened", () => {
  const published = { begin: { supported: true } };
  expect(() => guard(adapter({ capabilities: published }), "s")).toThrow('store "s" publishes begin');
  expect(() => guard(adapter({ capabilities: published, begin: () => never }), "s")).not.toThrow();
  expect(() => guard(adapter({ capabilities: { begin: { supported: false } } }), "s")).not.toThrow();
});
