// What the database bounds, and rows it hardly finds any more: keys, collections, batches, ten thousand deleted rows, a table that is gone.
import type { Client } from "cassandra-driver";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Adapter } from "../../src/adapter/adapter.ts";
import { guard } from "../../src/adapter/decorators/guard.ts";
import { createCall } from "../../src/model/call.ts";
import type { EntityModel } from "../../src/model/entity.ts";
import type { Mutation } from "../../src/model/mutation.ts";
import { createOf, entityKey } from "../conformance/direct.ts";
import { refusal } from "../conformance/refusal.ts";
import { testCall } from "../conformance/rows.ts";
import { entities, openAdapter, subjectOf } from "../conformance/stores.ts";
import { manualClock, type Subject } from "../conformance/subject.ts";
import { cassandraClient, cassandraKeyspace } from "../servers/cassandra.ts";

const entity = (name: string): EntityModel => entities.find((each) => each.name === `test.v1.${name}`)!;
const own = ["Account", "Composite"].map(entity);

let url: URL;
let direct: Client;
let adapter: Adapter;
let subject: Subject;

beforeAll(async () => {
  url = new URL(await cassandraKeyspace());
  direct = cassandraClient(url);
  const clock = manualClock();
  adapter = guard(await openAdapter({ store: "main", url: url.href, dataDir: "", clock, entities: own }), "main");
  subject = subjectOf("main", adapter, clock, own);
}, 300_000);
afterAll(async () => {
  await adapter.close();
  await direct.shutdown();
});

const key = (tenant: string, number: bigint) => ({ tenant, shard: 1n, number, at: 0n, name: "n" });

/** Past the repository, which knows the entity's own bounds. */
function created(tenant: string): Promise<unknown> {
  const mutations = [createOf(subject, entity("Composite"), key(tenant, 1n))];
  const request = { mutations, atomic: false, returning: false, consistency: undefined };
  return adapter.write(request, testCall());
}

describe("a key", { timeout: 120_000 }, () => {
  test("that is empty, or longer than the database takes, is refused before it is sent, and names its field", async () => {
    const accounts = subject.rows("Account");
    const calls = subject.calls();
    expect((await refusal("KEY_INCOMPLETE", accounts.create({ id: "" }))).detail.field).toContain("id");
    const composites = subject.rows("Composite");
    const characters = await refusal("VALUE_TOO_LONG", composites.create(key("k".repeat(65_536), 1n)));
    expect(characters).toMatchObject({ code: "INVALID_ARGUMENT", detail: { field: "tenant" } });
    expect(subject.calls()).toBe(calls);
    // Where the entity allows it, the store says what the database takes.
    const bytes = await refusal("VALUE_TOO_LONG", created("k".repeat(65_536)));
    expect(bytes).toMatchObject({ code: "INVALID_ARGUMENT", detail: { field: "tenant" } });
    expect(bytes.message.length, "its value is not quoted").toBeLessThan(200);
  });

  test("of as many bytes as there may be is kept", async () => {
    expect(await created("k".repeat(65_000))).toMatchObject({ outcomes: [{ status: "applied" }] });
    const keys = [entityKey(entity("Composite"), key("k".repeat(65_000), 1n))];
    const [found] = await adapter.read({ keys, fields: undefined, consistency: undefined }, testCall());
    expect(found).toMatchObject({ status: "found" });
  });
});

describe("a collection", { timeout: 120_000 }, () => {
  test("of more than 65,535 elements, and one of an element of more bytes, are kept exactly and changed by compare-and-set", async () => {
    const account = entity("Account");
    const ordinal = (name: string): number => account.fields.find((field) => field.name === name)!.ordinal;
    const notes = Array.from({ length: 66_000 }, (_, i) => `n${i}`);
    // Its compare-and-set has all of it: a busy machine takes its time.
    const write = (mutation: Mutation): Promise<unknown> => {
      const request = { mutations: [mutation], atomic: false, returning: false, consistency: undefined };
      return adapter.write(request, testCall(100_000));
    };
    await write(createOf(subject, account, { id: "many", notes, roles: ["r".repeat(70_000)] }));
    const changes = [
      { kind: "append", ordinal: ordinal("notes"), value: ["last"] },
      { kind: "increment", ordinal: ordinal("int64_count"), by: 1n },
    ] as const;
    const base = { entity: account, key: ["many"], now: subject.clock.now() };
    await write({ kind: "update", ...base, changes, allowMissing: false, generated: [] });
    const keys = [{ entity: account, key: ["many"] }];
    const [found] = await adapter.read({ keys, fields: undefined, consistency: undefined }, testCall(100_000));
    const record = found?.status === "found" ? found.record : [];
    expect(record[ordinal("int64_count")]).toBe(1n);
    expect(record[ordinal("roles")]).toEqual(["r".repeat(70_000)]);
    expect(record[ordinal("notes")]).toEqual([...notes, "last"]);
  });
});

describe("a batch", { timeout: 120_000 }, () => {
  test("of more writes than a unit has is refused whole", async () => {
    const rows = subject.rows("Composite");
    const writes = Array.from({ length: 201 }, (_, i) => rows.op.create(key("wide", BigInt(i))));
    const refused = await refusal("CAPABILITY_MISSING", rows.batchWrite(writes, { atomic: true }));
    expect(refused.detail.metadata).toMatchObject({ capability: "partition_batch" });
    await refusal("ROW_NOT_FOUND", rows.get(key("wide", 0n)));
  });
});

describe("a partition of 10,000 deleted rows", { timeout: 300_000 }, () => {
  const DELETED = 10_000;

  beforeAll(async () => {
    const at = "WHERE tenant = 'grave' AND shard = 1 AND number = ? AND at = 0 AND name = 'n'";
    const insert =
      "INSERT INTO composites (tenant, shard, number, at, name, pannier_row) VALUES ('grave', 1, ?, 0, 'n', true)";
    for (const query of [insert, `DELETE FROM composites ${at}`])
      for (let from = 0; from < DELETED; from += 500) {
        const count = query === insert && from + 500 >= DELETED ? 503 : 500; // three rows are left behind them
        const queries = Array.from({ length: count }, (_, i) => ({ query, params: [String(from + i)] }));
        await direct.batch(queries, { prepare: true, logged: false });
      }
  }, 300_000);

  test("is listed page by page, and written to", async () => {
    const rows = subject.rows("Composite");
    const within = { where: { tenant: { eq: "grave" }, shard: { eq: 1n } } };
    const numbers = async (orderBy: string): Promise<readonly unknown[]> =>
      (await rows.pages({ ...within, orderBy, pageSize: 2 })).map(({ number }) => number);
    expect(await numbers("number")).toEqual([10_000n, 10_001n, 10_002n]);
    expect(await numbers("number desc")).toEqual([10_002n, 10_001n, 10_000n]);
    await rows.create({ ...key("grave", 5n), note: "back" });
    expect(await rows.get(key("grave", 5n))).toMatchObject({ note: "back" });
    expect(await rows.count(within.where)).toBe(4);
  });
});

describe("a filter that no key and no index serves", { timeout: 120_000 }, () => {
  test("asks for allow_scan, and is answered with it", async () => {
    const rows = subject.rows("Composite");
    await rows.create({ ...key("filtered", 1n), note: "wanted" });
    const where = { note: { eq: "wanted" } };
    await refusal("SCAN_REQUIRED", rows.pages({ where }));
    expect((await rows.pages({ where, allowScan: true })).map(({ tenant }) => tenant)).toEqual(["filtered"]);
  });
});

describe("a table that is gone", { timeout: 120_000 }, () => {
  test("is SCHEMA_DRIFT, not served, and heals when it is there again; other tables go on", async () => {
    const drift = (): readonly string[] => adapter.schema!.contract!(entity("Account")).drift;
    const accounts = subject.rows("Account");
    await direct.execute("DROP TABLE accounts", [], { prepare: false });
    await refusal("SCHEMA_DRIFT", accounts.update({ id: "gone", name: "x" }, { allowMissing: true }));
    await adapter.ping(testCall());
    expect(drift()).toEqual(["the table is missing"]);
    await refusal("SCHEMA_DRIFT", accounts.get({ id: "gone" }));
    await subject.rows("Composite").create(key("goes on", 1n));
    const control = createCall({ timeout: 60_000, requestId: "apply" });
    await adapter.schema!.apply(control.call);
    control.finish();
    expect(drift()).toEqual([]);
    await accounts.create({ id: "gone", name: "back" });
    expect(await accounts.get({ id: "gone" })).toMatchObject({ name: "back" });
  });
});
