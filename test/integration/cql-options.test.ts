// What a store of this family does when its settings switch it on: writes that look at nothing, batches over partitions, raw statements.
import type { Client } from "cassandra-driver";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Adapter } from "../../src/adapter/adapter.ts";
import type { OpenAdapter } from "../../src/adapter/opening.ts";
import { guard } from "../../src/adapter/decorators/guard.ts";
import type { StatementValue, StatementRows } from "../../src/adapter/statements.ts";
import type { EntityModel } from "../../src/model/entity.ts";
import type { Where } from "../conformance/plain.ts";
import { refusal } from "../conformance/refusal.ts";
import { testCall } from "../conformance/rows.ts";
import { entities, openAdapter, subjectOf } from "../conformance/stores.ts";
import { manualClock, type ManualClock, type Subject } from "../conformance/subject.ts";
import { cassandraClient, cassandraKeyspace } from "../servers/cassandra.ts";

const entity = (name: string): EntityModel => entities.find((each) => each.name === `test.v1.${name}`)!;
const own = ["Stamped", "Composite", "Account"].map(entity);

let url: URL;
let direct: Client;
const opened: Adapter[] = [];

beforeAll(async () => {
  url = new URL(await cassandraKeyspace());
  direct = cassandraClient(url);
}, 300_000);
afterAll(async () => {
  for (const adapter of opened) await adapter.close();
  await direct.shutdown();
});

interface Opened {
  readonly adapter: Adapter;
  readonly subject: Subject;
  readonly clock: ManualClock;
}

async function open(settings: { readonly [name: string]: unknown }, at: URL = url, of = own): Promise<Opened> {
  const plant =
    (opens: OpenAdapter): OpenAdapter =>
    (options) =>
      opens({ ...options, settings });
  const clock = manualClock();
  const adapter = guard(
    await openAdapter({ store: "main", url: at.href, dataDir: "", clock, entities: of }, plant),
    "main",
  );
  opened.push(adapter);
  return { adapter, clock, subject: subjectOf("main", adapter, clock, of) };
}

const HOUR = 3_600_000_000_000n;

const key = (tenant: string, number: bigint) => ({ tenant, shard: 1n, number, at: 0n, name: "n" });

describe("with blind_writes", { timeout: 120_000 }, () => {
  test("a Put and a Delete with allow_missing look at nothing, and are there", async () => {
    const { subject } = await open({ blind_writes: true });
    const rows = subject.rows("Stamped");
    expect((await rows.put({ id: "b1", title: "one" })).row).toMatchObject({ title: "one" });
    expect((await rows.put({ id: "b1", title: "two" })).row).toMatchObject({ title: "two" });
    expect(await rows.get({ id: "b1" })).toMatchObject({ title: "two" });
    await rows.put({ id: "b1" });
    expect((await rows.get({ id: "b1" })).title, "a Put replaces the row whole").not.toBe("two");
    await rows.delete({ id: "b1" }, { allowMissing: true });
    await refusal("ROW_NOT_FOUND", rows.get({ id: "b1" }));
    const { rows: left } = await direct.execute(`SELECT id FROM ${entity("Stamped").table} WHERE id = 'b1'`);
    expect(left).toEqual([]);
  });

  test("whatever has to know the row is refused, and says so", async () => {
    const { subject } = await open({ blind_writes: true });
    const rows = subject.rows("Stamped");
    const refused = await refusal("CAPABILITY_MISSING", rows.create({ id: "b2" }));
    expect(refused.message).toContain("blind_writes");
    await refusal("CAPABILITY_MISSING", rows.update({ id: "b2", title: "x" }));
    await refusal("CAPABILITY_MISSING", rows.delete({ id: "b2" }));
    await refusal("CAPABILITY_MISSING", rows.put({ id: "b2" }, { condition: { title: { eq: "x" } } }));
  });

  test("an entity with a version is written as ever", async () => {
    const { subject } = await open({ blind_writes: true });
    const accounts = subject.rows("Account");
    await accounts.create({ id: "b3", name: "one" });
    await accounts.update({ id: "b3", name: "two" }, { expectedVersion: 1n });
    expect(await accounts.get({ id: "b3" })).toMatchObject({ name: "two", version: 2n });
    await refusal("VERSION_MISMATCH", accounts.update({ id: "b3", name: "three" }, { expectedVersion: 1n }));
  });

  test.each([
    { settings: { blind_writes: true }, first: HOUR, second: 0n, winner: "first" },
    { settings: { blind_writes: true }, first: 0n, second: -HOUR, winner: "first" },
    { settings: {}, first: HOUR, second: 0n, winner: "second" },
    { settings: {}, first: 0n, second: -HOUR, winner: "second" },
  ])("the later clock wins and not the later write; without it the later write does: %o", async (clocks) => {
    const { settings, first, second, winner } = clocks;
    const [one, other] = [await open(settings), await open(settings)];
    one.clock.advance(first);
    other.clock.advance(second);
    const row = key(`clock-${winner}-${first}`, 1n);
    await one.subject.rows("Composite").put({ ...row, note: "first" });
    await other.subject.rows("Composite").put({ ...row, note: "second" });
    expect(await one.subject.rows("Composite").get(row)).toMatchObject({ note: winner });
    await other.subject.rows("Composite").delete(row, { allowMissing: true });
    // So is a Delete by a clock that is behind: it deletes nothing.
    expect(await one.subject.rows("Composite").exists({ key: row })).toBe(winner === "first");
  });
});

describe("a batch of writes that look at nothing", { timeout: 120_000 }, () => {
  test("over several partitions needs logged_batches, and is refused before anything is written without", async () => {
    const { subject } = await open({ blind_writes: true });
    const rows = subject.rows("Composite");
    const writes = ["p1", "p2"].map((tenant) => rows.op.put(key(tenant, 1n)));
    const refused = await refusal("CAPABILITY_MISSING", rows.batchWrite(writes, { atomic: true }));
    expect(refused.detail.metadata).toMatchObject({ capability: "partition_batch" });
    for (const tenant of ["p1", "p2"]) await refusal("ROW_NOT_FOUND", rows.get(key(tenant, 1n)));
  });

  test("is written whole with logged_batches, the same row twice in order", async () => {
    const { adapter, subject } = await open({ blind_writes: true, logged_batches: true });
    expect(adapter.capabilities.atomic_batch?.note).toContain("others may see some before the rest");
    const rows = subject.rows("Composite");
    await rows.put({ ...key("q9", 1n), note: "old" });
    const writes = [
      ...["q1", "q2", "q3"].map((tenant) => rows.op.put({ ...key(tenant, 1n), note: "first" })),
      rows.op.put({ ...key("q1", 1n), note: "second" }),
      rows.op.delete(key("q9", 1n), { allowMissing: true }),
    ];
    await rows.batchWrite(writes, { atomic: true });
    expect(await rows.get(key("q1", 1n))).toMatchObject({ note: "second" });
    expect(await rows.get(key("q3", 1n))).toMatchObject({ note: "first" });
    await refusal("ROW_NOT_FOUND", rows.get(key("q9", 1n)));
  });

  test("that is too large, or has a write that must know its row, is refused whole", async () => {
    const { subject } = await open({ blind_writes: true, logged_batches: true, batch_bytes: 2_000 });
    const rows = subject.rows("Composite");
    const large = ["r1", "r2"].map((tenant) => rows.op.put({ ...key(tenant, 1n), note: "x".repeat(1_500) }));
    const refused = await refusal("BATCH_TOO_LARGE", rows.batchWrite(large, { atomic: true }));
    expect(refused).toMatchObject({ code: "RESOURCE_EXHAUSTED", detail: { field: "writes" } });
    const wide = await open({ blind_writes: true, logged_batches: true, batch_bytes: 1_000_000 });
    const larger = ["r1", "r2"].map((tenant) => rows.op.put({ ...key(tenant, 1n), note: "x".repeat(40_000) }));
    const told = await refusal("BATCH_TOO_LARGE", wide.subject.rows("Composite").batchWrite(larger, { atomic: true }));
    expect(told.message, "by the database, whose limit is lower").toContain("than the database takes");
    const mixed = [rows.op.put(key("r1", 1n)), rows.op.create(key("r2", 1n))];
    await refusal("CAPABILITY_MISSING", rows.batchWrite(mixed, { atomic: true }));
    for (const tenant of ["r1", "r2"]) await refusal("ROW_NOT_FOUND", rows.get(key(tenant, 1n)));
  });
});

test("plain_indexes are the database's plain ones, and serve what they find", { timeout: 120_000 }, async () => {
  const at = new URL(await cassandraKeyspace());
  const { subject } = await open({ plain_indexes: true }, at, [entity("Plain")]);
  const kinds = await direct.execute("SELECT kind FROM system_schema.indexes WHERE keyspace_name = ?", [
    at.pathname.slice(1),
  ]);
  expect(kinds.rows.map((row) => String(row["kind"]))).toEqual(["COMPOSITES", "COMPOSITES"]);
  const rows = subject.rows("Plain");
  for (const [id, name, count] of [["a", "x", 1n], ["b", "x", 2n], ["c", "y", 2n]] as const) await rows.create({ id, name, count }); // prettier-ignore
  const ids = async (where: Where): Promise<ReadonlySet<unknown>> =>
    new Set((await rows.pages({ where })).map(({ id }) => id));
  expect(await ids({ name: { eq: "x" } })).toEqual(new Set(["a", "b"]));
  expect(await ids({ name: { eq: "x" }, count: { eq: 2n } })).toEqual(new Set(["b"]));
  await refusal("SCAN_REQUIRED", rows.list({ where: { count: { gte: 2n } } }));
});

describe("raw statements", { timeout: 120_000 }, () => {
  const KEYSPACE = (): string => url.pathname.slice(1);

  async function collected({ rows }: StatementRows): Promise<readonly (readonly StatementValue[])[]> {
    const all: (readonly StatementValue[])[] = [];
    for await (const row of rows) all.push(row);
    return all;
  }

  test("are not there unless the settings say so", async () => {
    const { adapter } = await open({});
    expect(adapter.statements).toBeUndefined();
    expect(adapter.capabilities.statements).toBeUndefined();
  });

  test("take and give values by the column's type, of every kind", async () => {
    const { adapter } = await open({ statements: true });
    const statements = adapter.statements!;
    const table = `${KEYSPACE()}.kinds`;
    const call = testCall(100_000); // for what hangs
    const say = (text: string, parameters: readonly StatementValue[] = []) =>
      statements.execute({ text, parameters, readOnly: false }, call);
    await say(
      `CREATE TABLE ${table} (id int PRIMARY KEY, b bigint, v varint, s smallint, d decimal, f double, t text, y boolean,
       u uuid, m timestamp, day date, clock time, raw blob, l list<int>, p map<text, bigint>, x set<text>, pair tuple<int, text>)`,
    );
    const uuid = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
    const list = (...value: readonly StatementValue[]): StatementValue => ({ type: "list", value });
    const [one, a]: readonly StatementValue[] = [
      { type: "int64", value: 1n },
      { type: "string", value: "a" },
    ];
    const values: readonly StatementValue[] = [
      { type: "int64", value: 7n },
      { type: "int64", value: 9_223_372_036_854_775_807n },
      { type: "decimal", value: "123456789012345678901234567890" },
      { type: "int64", value: -32_768n },
      { type: "decimal", value: "-1.50" },
      { type: "double", value: 0.1 },
      { type: "string", value: "naïve" },
      { type: "bool", value: true },
      { type: "uuid", value: uuid },
      { type: "timestamp", value: 1_700_000_000_123_000_000n },
      { type: "date", value: "2026-02-28" },
      { type: "time", value: "12:34:56.123456789" },
      { type: "bytes", value: new Uint8Array([0, 255]) },
      list(one!, { type: "int64", value: 2n }),
      { type: "null" },
      list(a!),
    ];
    const names = "id, b, v, s, d, f, t, y, u, m, day, clock, raw, l, p, x";
    await say(`INSERT INTO ${table} (${names}) VALUES (${values.map(() => "?").join(", ")})`, values);
    await say(`UPDATE ${table} SET p = {'k': 5}, pair = (1, 'a') WHERE id = 7`);
    const answer = await statements.query(
      { text: `SELECT ${names}, pair FROM ${table}`, parameters: [], readOnly: true },
      call,
    );
    expect(answer.columns.map(({ name, databaseType }) => `${name} ${databaseType}`).slice(12)).toEqual([
      "raw blob",
      "l list<int>",
      "p map<text, bigint>",
      "x set<text>",
      "pair tuple<int, text>",
    ]);
    const map = list(list({ type: "string", value: "k" }, { type: "int64", value: 5n }));
    const [row] = await collected(answer);
    expect(row).toEqual([...values.slice(0, 14), map, values[15], list(one!, a!)]);
  });

  test("say whether a conditional one was applied, page by page read more than one page, and can be prepared", async () => {
    const { adapter } = await open({ statements: true });
    const statements = adapter.statements!;
    const table = `${KEYSPACE()}.numbered`;
    const call = testCall(100_000); // for what hangs
    await statements.execute(
      { text: `CREATE TABLE ${table} (p int, n int, PRIMARY KEY (p, n))`, parameters: [], readOnly: false },
      call,
    );
    const prepared = await statements.prepare!(`INSERT INTO ${table} (p, n) VALUES (1, ?) IF NOT EXISTS`, call);
    const insert = (n: number) =>
      prepared.execute({ parameters: [{ type: "int64", value: BigInt(n) }], readOnly: false }, call);
    for (let n = 0; n < 20; n += 1) expect(await insert(n)).toEqual({ affected: 1n });
    expect(await insert(3)).toEqual({ affected: 0n });
    await Promise.all(
      Array.from({ length: 1_100 }, (_, n) =>
        direct.execute("INSERT INTO numbered (p, n) VALUES (1, ?)", [n], { prepare: true }),
      ),
    );
    const rows = await statements.query(
      { text: `SELECT n FROM ${table} WHERE p = 1`, parameters: [], readOnly: true },
      call,
    );
    const found = (await collected(rows)).map(([first]) => (first?.type === "int64" ? first.value : undefined));
    expect(found).toEqual(Array.from({ length: 1_100 }, (_, n) => BigInt(n)));
    await prepared.close(call);
  });

  test("that are wrong, or write where only reading is allowed, are refused without their text", async () => {
    const { adapter } = await open({ statements: true });
    const statements = adapter.statements!;
    const call = testCall(100_000); // for what hangs
    for (const text of ["SELECT secret FROM nowhere.nothing", "SELEKT secret"]) {
      const refused = await refusal(
        "OPERATION_INVALID",
        statements.query({ text, parameters: [], readOnly: false }, call),
      );
      expect(refused).toMatchObject({ code: "INVALID_ARGUMENT", detail: { field: "text" } });
      expect(JSON.stringify([refused.message, refused.detail.field])).not.toContain("secret");
    }
    const text = `/* SELECT */ TRUNCATE ${KEYSPACE()}.accounts`;
    await refusal("OPERATION_INVALID", statements.execute({ text, parameters: [], readOnly: true }, call));
    const drift = adapter.schema!.contract!(entity("Account")).drift;
    expect(drift, "a wrong statement says nothing of the tables").toEqual([]);
  });
});
