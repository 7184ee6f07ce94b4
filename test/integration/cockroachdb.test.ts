// CockroachDB's adapter while statements fail with 40001, COMMIT among them: a PostgreSQL behind a proxy plays the server.
import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import pg from "pg";
import { afterEach, describe, expect, test } from "vitest";
import type { Adapter } from "../../src/adapter/adapter.ts";
import type { OpenOptions } from "../../src/adapter/opening.ts";
import { guard } from "../../src/adapter/decorators/guard.ts";
import { Fault } from "../../src/model/fault.ts";
import { createOf } from "../conformance/direct.ts";
import { execute } from "../conformance/execute.ts";
import { reasons, refusal } from "../conformance/refusal.ts";
import { testCall } from "../conformance/rows.ts";
import { entities, openAdapter, subjectOf } from "../conformance/stores.ts";
import { manualClock, type Subject } from "../conformance/subject.ts";
import { playedCockroach, type PlayedCockroach } from "../servers/cockroachdb.ts";

const own = entities.filter(({ name }) => /\.(?:Account|Ticket)$/u.test(name));
const opened: Adapter[] = [];
const played: PlayedCockroach[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map((adapter) => adapter.close()));
  await Promise.all(played.splice(0).map(({ proxy }) => proxy.close()));
});

async function play(share: number): Promise<PlayedCockroach> {
  const one = await playedCockroach(share);
  played.push(one);
  return one;
}

async function open(url: string, tables: OpenOptions["tables"] = "auto"): Promise<Subject> {
  const clock = manualClock();
  const adapter = guard(await openAdapter({ store: "main", url, dataDir: "", clock, entities: own, tables }), "main");
  opened.push(adapter);
  return subjectOf("main", adapter, clock, own);
}

async function directly(url: string, text: string): Promise<readonly (readonly string[])[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<string[]>({ text, rowMode: "array" })).rows;
  } finally {
    await client.end();
  }
}

test.each(["auto", "check", "off"] as const)("a table that may not be read takes its entity out with %s, and no other", async (tables) => {
  const { url, direct } = await play(0);
  await open(url);
  const role = `role_${randomUUID().replaceAll("-", "")}`;
  await directly(direct, `CREATE ROLE ${role} LOGIN`);
  for (const what of ["_pannier_contracts", "_pannier_requests", "_pannier_numbers", "_pannier_lock", "accounts"])
    await directly(direct, `GRANT SELECT, INSERT, UPDATE, DELETE ON ${what} TO ${role}`);
  await directly(direct, `GRANT CREATE ON SCHEMA public TO ${role}`); // asked for whatever is there
  const at = new URL(url);
  at.username = role;
  const subject = await open(at.href, tables);
  await subject.rows("Account").create({ id: "a" });
  expect(await subject.adapter.schema?.verify(testCall())).toMatchObject([
    { entity: "test.v1.Ticket", what: "the table tickets cannot be read: the server does not let the user of the store" },
  ]);
}); // prettier-ignore

describe("a fifth of all statements fails with 40001", () => {
  test("increments of one row add up, and each is told once", async () => {
    const { url, proxy } = await play(0.2);
    const accounts = (await open(url)).rows("Account");
    await accounts.create({ id: "a" });
    const worker = async (): Promise<void> => {
      for (let i = 0; i < 10; i += 1)
        await again(() => accounts.update({ id: "a" }, { increment: { int64_count: 1n } }));
    };
    await Promise.all(Array.from({ length: 8 }, worker));
    expect(await accounts.get({ id: "a" })).toMatchObject({ int64_count: 80n, version: 81n });
    expect(proxy.injected().statements).toBeGreaterThan(20);
  }, 120_000);

  test("transfers that read and write move money, and make none", async () => {
    const { url, direct, proxy } = await play(0.2);
    const subject = await open(url);
    const accounts = subject.rows("Account");
    for (const id of ["a", "b", "c"]) await accounts.create({ id, balance: "100.00" });
    const { op } = accounts;
    const move = (from: string, to: string): Promise<unknown> =>
      again(() =>
        execute(subject, [
          op.get({ id: from }),
          op.update({ id: from }, { increment: { balance: "-1.00", int64_count: 1n } }),
          op.update({ id: to }, { increment: { balance: "1.00", int64_count: 1n } }),
        ]),
      );
    const ids = ["a", "b", "c"] as const;
    await Promise.all(
      ids.map(async (id, i) => {
        for (let n = 0; n < 8; n += 1) await move(id, ids[(i + 1 + (n % 2)) % 3] ?? "a");
      }),
    );
    const sums = "SELECT sum(balance)::text, sum(int64_count)::text FROM accounts";
    expect(await directly(direct, sums), "none is made, and none that was told is lost").toEqual([["300.00", "48"]]);
    expect(proxy.injected().commits).toBeGreaterThan(0);
  }, 120_000);

  test("every item of a batch is answered for itself: none fails because of another transaction", async () => {
    const { url } = await play(0.2);
    const accounts = (await open(url)).rows("Account");
    await accounts.create({ id: "row 7" });
    const { op } = accounts;
    const items = Array.from({ length: 30 }, (_, i) => op.create({ id: `row ${i}`, email: `${i}` }));
    const told = reasons(await accounts.batchWrite(items));
    expect(told).toEqual(items.map((_, i) => (i === 7 ? "KEY_EXISTS" : undefined)));
  }, 120_000);

  test("two guarded updates race 100 times, on a version and on a condition, and exactly one wins each time", async () => {
    const { url, proxy } = await play(0.2);
    const [accounts, others] = [(await open(url)).rows("Account"), (await open(url)).rows("Account")];
    await accounts.create({ id: "a", name: "0" });
    const told = async (work: () => Promise<unknown>): Promise<string> =>
      again(() => work()).then(
        () => "won",
        (error: unknown) => (error instanceof Fault ? error.reason : "no fault"),
      );
    for (let round = 0; round < 100; round += 1) {
      const isVersioned = round % 2 === 0;
      const guarded = isVersioned
        ? { expectedVersion: BigInt(round + 1) }
        : { condition: { name: { eq: String(round) } } };
      const next = { id: "a", name: String(round + 1) };
      const ends = await Promise.all([accounts, others].map((rows) => told(() => rows.update(next, guarded))));
      expect(ends.toSorted(), `round ${round}`).toEqual([isVersioned ? "VERSION_MISMATCH" : "CONDITION_FAILED", "won"]);
    }
    expect(await accounts.get({ id: "a" })).toMatchObject({ name: "100", version: 101n });
    expect(proxy.injected().statements).toBeGreaterThan(20);
  }, 120_000);

  test("a repeated request_id applies once", async () => {
    const { url, proxy } = await play(0.2);
    const sidecars = [(await open(url)).rows("Account"), (await open(url)).rows("Account")];
    await sidecars[0]!.create({ id: "a" });
    const once = { increment: { int64_count: 1n }, requestId: "once" };
    const ends = await Promise.all(
      Array.from({ length: 16 }, (_, i) => again(() => sidecars[i % 2]!.update({ id: "a" }, once), MEANWHILE)),
    );
    expect(new Set(ends.map(({ row }) => row?.["int64_count"]))).toEqual(new Set([1n]));
    expect(await sidecars[0]!.get({ id: "a" })).toMatchObject({ int64_count: 1n, version: 2n });
    expect(proxy.injected().statements).toBeGreaterThan(0);
  }, 120_000);

  test("what reads one state reads all of it again", async () => {
    const { url, proxy } = await play(0);
    const subject = await open(url);
    const accounts = subject.rows("Account");
    for (let i = 0; i < 20; i += 1) await accounts.create({ id: `row ${i}`, status: "there" });
    proxy.setShare(0.2);
    for (let i = 0; i < 10; i += 1) {
      const page = await accounts.list({ where: { status: { eq: "there" } }, allowScan: true, total: "exact" });
      expect([page.rows.length, page.total]).toEqual([20, 20]);
    }
    expect(proxy.injected().statements).toBeGreaterThan(0);
  }, 120_000);
});

test("where it never goes well, the caller is told ABORTED after a bounded number of tries, and nothing is there", async () => {
  const { url, direct, proxy } = await play(0);
  const subject = await open(url);
  const { adapter } = subject;
  const { entity } = subject.rows("Account");
  proxy.setShare(1);
  const before = proxy.injected().statements;
  const write = { mutations: [createOf(subject, entity, { id: "a" })], atomic: true, returning: true };
  const refused = await refusal(
    "TRANSACTION_CONFLICT",
    adapter.write({ ...write, consistency: undefined }, testCall()),
  );
  expect(refused.code).toBe("ABORTED");
  expect(proxy.injected().statements - before).toBeGreaterThan(0);
  expect(await directly(direct, "SELECT count(*)::text FROM accounts")).toEqual([["0"]]);
});

test("the server that is not the one of the url's scheme is refused, in both directions", async () => {
  const { url, direct } = await play(0);
  const asPostgres = await refusal("FIELD_INVALID", open(url.replace(/^\w+:/u, "postgres:")));
  expect(asPostgres.message).toContain("no postgres: it calls itself CockroachDB");
  const asCockroach = await refusal("FIELD_INVALID", open(direct.replace(/^\w+:/u, "cockroachdb:")));
  expect(asCockroach.message).toContain("no cockroachdb: it calls itself version");
});

test("several start at once on an empty database while statements fail: the tables are made once, and all serve", async () => {
  const { url, direct } = await play(0.1);
  const subjects = await Promise.all(Array.from({ length: 4 }, () => open(url)));
  await Promise.all(subjects.map((subject, i) => subject.rows("Account").create({ id: `row ${i}` })));
  const made = await directly(direct, "SELECT entity, count(*)::text FROM _pannier_contracts GROUP BY 1 ORDER BY 1");
  expect(made).toEqual(own.map(({ name }) => [name, "1"]));
}, 120_000);

test("who changes tables holds a row, and whoever is killed lets go of it", async () => {
  const { url, direct } = await play(0);
  await (await open(url)).rows("Account").create({ id: "a" });
  const holder = new pg.Client({ connectionString: direct });
  holder.on("error", () => {});
  await holder.connect();
  await holder.query("BEGIN");
  await holder.query("UPDATE _pannier_lock SET taken = taken + 1");
  const later = open(url);
  const waiting =
    "SELECT count(*)::text FROM pg_locks WHERE NOT granted AND pid IN (SELECT pid FROM pg_stat_activity WHERE datname = current_database())";
  await expect.poll(() => directly(direct, waiting)).toEqual([["1"]]);
  await directly(
    direct,
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle in transaction' AND query LIKE 'UPDATE _pannier_lock%'",
  );
  expect(await (await later).rows("Account").get({ id: "a" })).toMatchObject({ id: "a" });
});

test("a start that is held up in the middle of its work holds the row, and lets go of it at its end", async () => {
  const { url, direct } = await play(0);
  await open(url);
  const blocker = new pg.Client({ connectionString: direct });
  await blocker.connect();
  await blocker.query("BEGIN");
  await blocker.query("LOCK TABLE accounts IN ACCESS EXCLUSIVE MODE");
  const heldUp = open(url);
  const waiting = "SELECT count(*)::text FROM pg_locks WHERE NOT granted AND relation = 'accounts'::regclass";
  await expect.poll(() => directly(direct, waiting)).toEqual([["1"]]);
  const take = (): Promise<string> =>
    directly(direct, "SELECT 1 FROM _pannier_lock FOR UPDATE NOWAIT").then(
      () => "free",
      () => "taken",
    );
  expect(await take()).toBe("taken");
  await blocker.query("ROLLBACK");
  await blocker.end();
  await heldUp;
  await expect.poll(take).toBe("free");
});

/** Here an equal request may be told that the first still runs, where elsewhere it waits. */
const MEANWHILE = ["TRANSACTION_CONFLICT", "REQUEST_IN_PROGRESS"];

/** As callers do who are told ABORTED. They wait a moment: what is told without asking the store would keep this process from all else. */
async function again<Result>(work: () => Promise<Result>, told = ["TRANSACTION_CONFLICT"]): Promise<Result> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Fault) || !told.includes(error.reason)) throw error;
      await setTimeout(5);
    }
  }
}
