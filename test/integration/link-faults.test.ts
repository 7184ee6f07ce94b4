// What callers are told while the link between the sidecar and its server fails, and what is in the tables afterwards.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import pg from "pg";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Adapter } from "../../src/adapter/adapter.ts";
import { guard } from "../../src/adapter/decorators/guard.ts";
import { createCall } from "../../src/model/call.ts";
import type { EntityModel } from "../../src/model/entity.ts";
import { Fault } from "../../src/model/fault.ts";
import type { Mutation } from "../../src/model/mutation.ts";
import { createOf } from "../conformance/direct.ts";
import { execute } from "../conformance/execute.ts";
import { refusal } from "../conformance/refusal.ts";
import { testCall } from "../conformance/rows.ts";
import { entities, openAdapter, subjectOf } from "../conformance/stores.ts";
import { manualClock, type Subject } from "../conformance/subject.ts";
import { createFaultProxy, type FaultProxy } from "../servers/fault-proxy.ts";
import { mariadbDatabase, mariadbServer, say } from "../servers/mariadb.ts";
import { startOwnServer } from "../servers/own-server.ts";
import { hasTidb } from "../servers/tidb.ts";
import { playedCockroachServer, testServers, type ServerSide } from "./server-side.ts";

const own = entities.filter(({ name }) => /\.(?:Account|Ticket)$/u.test(name));

const openAt = (url: string, settings: { readonly [name: string]: number } = {}): Promise<Adapter> =>
  openAdapter({ store: "main", url, dataDir: "", clock: manualClock(), entities: own, settings });

function reasonOf(error: unknown): string {
  if (error instanceof Fault) return error.reason;
  throw error;
}

describe.each([...testServers, playedCockroachServer])("a link to $name", (server) => {
  let proxy: FaultProxy;
  let direct: ServerSide;
  let url: URL;
  let adapter: Adapter | undefined;
  beforeEach(async () => {
    url = new URL(await server.database());
    proxy = await createFaultProxy({ host: url.hostname, port: Number(url.port) });
    direct = await server.connect(url);
  });
  afterEach(async () => {
    proxy.set("pass");
    await adapter?.close();
    adapter = undefined;
    await direct.close();
    await proxy.close();
  });

  const open = async (): Promise<Subject> => {
    const through = new URL(url);
    through.port = String(proxy.port);
    const opened = await openAt(through.href);
    adapter = guard(opened, "main");
    return subjectOf("main", adapter, manualClock(), own);
  };
  const stored = (id: string): Promise<readonly string[]> => direct.counts(id);

  test("a server that is down at the start: the store opens, says so, and heals by itself", async () => {
    proxy.set("refuse");
    const subject = await open();
    const accounts = subject.rows("Account");
    const refused = await refusal("STORE_UNAVAILABLE", accounts.create({ id: "early" }));
    expect(refused.code).toBe("UNAVAILABLE");
    await refusal("STORE_UNAVAILABLE", adapter!.ping(testCall()));
    for (let i = 0; i < 6; i += 1) await refusal("STORE_UNAVAILABLE", accounts.get({ id: "early" }));
    const links = proxy.links();
    await refusal("STORE_UNAVAILABLE", accounts.get({ id: "early" }));
    expect(proxy.links(), "the breaker keeps calls from trying").toBe(links);
    proxy.set("pass");
    await adapter!.ping(testCall()); // which the server does every second while a store does not answer
    await accounts.create({ id: "early" });
    expect(await stored("early")).toEqual(["0"]);
  });

  test("an answer that is lost after the write: its outcome is unknown, and it is not sent again", async () => {
    const subject = await open();
    const accounts = subject.rows("Account");
    await accounts.create({ id: "a" });
    proxy.set("lose answers");
    const links = proxy.links();
    const created = await refusal("WRITE_OUTCOME_UNKNOWN", accounts.create({ id: "b" }));
    expect(created).toMatchObject({ code: "UNKNOWN", detail: { neverResend: true } });
    expect(proxy.links()).toBe(links);
    proxy.set("pass");
    await accounts.create({ id: "c" });
    expect([await stored("a"), await stored("b"), await stored("c")]).toEqual([["0"], ["0"], ["0"]]);
  });

  test("a link that breaks while a transaction is open: nothing was changed, and that is what is said", async () => {
    const subject = await open();
    const { op } = subject.rows("Account");
    await subject.rows("Account").create({ id: "a" });
    proxy.set("lose answers");
    const steps = [op.update({ id: "a" }, { increment: { int64_count: 1n } }), op.create({ id: "b" })];
    await refusal("STORE_UNAVAILABLE", execute(subject, steps));
    proxy.set("pass");
    expect([await stored("a"), await stored("b")]).toEqual([["0"], []]);
  });

  test("the answer to a COMMIT is lost: the outcome is unknown, the work is done, and it is done once", async () => {
    const subject = await open();
    const accounts = subject.rows("Account");
    await accounts.create({ id: "a" });
    proxy.set("lose commits");
    const links = proxy.links();
    const { op } = accounts;
    const steps = [op.update({ id: "a" }, { increment: { int64_count: 1n } }), op.create({ id: "b" })];
    const fault = await refusal("WRITE_OUTCOME_UNKNOWN", execute(subject, steps));
    expect(fault).toMatchObject({ code: "UNKNOWN", detail: { neverResend: true } });
    expect([await stored("a"), await stored("b")]).toEqual([["1"], ["0"]]);
    const guarded = accounts.update(
      { id: "a" },
      { increment: { int64_count: 1n }, condition: { name: { is_null: true } } },
    );
    await refusal("WRITE_OUTCOME_UNKNOWN", guarded);
    expect(await stored("a")).toEqual(["2"]);
    expect(proxy.links(), "one link more, for the second").toBe(links + 1);
    proxy.set("pass");
    await accounts.create({ id: "c" });
  });

  test("an answer that several callers wait for is lost: each is told what is so of its own row, and nothing is sent again", async () => {
    const subject = await open();
    const accounts = subject.rows("Account");
    const ids = ["a", "b", "c"];
    for (const id of ids) await accounts.create({ id });
    proxy.set("lose answers");
    const told = ids.map((id) => accounts.update({ id }, { increment: { int64_count: 1n } }).catch(reasonOf));
    for (const [i, reason] of (await Promise.all(told)).entries())
      expect([
        ["WRITE_OUTCOME_UNKNOWN", ["1"]],
        ["STORE_UNAVAILABLE", ["0"]],
      ]).toContainEqual([reason, await stored(ids[i] ?? "")]);
    proxy.set("pass");
  });

  test("the answer to the COMMIT of several callers is lost: it is unknown to each, and done once", async () => {
    const subject = await open();
    const accounts = subject.rows("Account");
    await accounts.create({ id: "a" });
    proxy.set("lose commits");
    const condition = { name: { is_null: true } };
    const told = Array.from({ length: 3 }, () =>
      accounts.update({ id: "a" }, { increment: { int64_count: 1n }, condition }).catch(reasonOf),
    );
    expect(new Set(await Promise.all(told))).toEqual(new Set(["WRITE_OUTCOME_UNKNOWN"]));
    expect(await stored("a")).toEqual(["3"]);
    proxy.set("pass");
  });

  test.skipIf(!server.canRefuseWrites)(
    "a server that takes no writes any more: that is said, and the next write has a link of its own",
    async () => {
      const subject = await open();
      const accounts = subject.rows("Account");
      await accounts.create({ id: "a" });
      await direct.refuseWrites();
      const links = proxy.links();
      expect(await refusal("STORE_READ_ONLY", accounts.create({ id: "b" }))).toMatchObject({ code: "UNAVAILABLE" });
      await direct.takeWrites();
      await accounts.create({ id: "b" });
      expect(proxy.links()).toBe(links + 1);
    },
  );

  test("a request that is cut short is not executed, and its outcome is unknown to the caller", async () => {
    const subject = await open();
    const accounts = subject.rows("Account");
    await accounts.create({ id: "a" });
    proxy.set("cut requests");
    await refusal("WRITE_OUTCOME_UNKNOWN", accounts.create({ id: "b" }));
    proxy.set("pass");
    expect(await stored("b")).toEqual([]);
    await accounts.create({ id: "b" });
  });

  test("an answer that ends after some bytes: as one that never came", async () => {
    const subject = await open();
    const accounts = subject.rows("Account");
    await accounts.create({ id: "a" });
    proxy.set("cut answers");
    await refusal("WRITE_OUTCOME_UNKNOWN", accounts.create({ id: "b" }));
    await refusal("STORE_UNAVAILABLE", accounts.get({ id: "a" }));
    proxy.set("pass");
    expect(await stored("b")).toEqual(["0"]);
    await accounts.create({ id: "c" });
  });

  test("an answer that stalls after some bytes: the caller's deadline holds, and the link is not used again", async () => {
    const subject = await open();
    const accounts = subject.rows("Account");
    await accounts.create({ id: "a" });
    proxy.set("stall answers");
    const { call } = createCall({ timeout: 300, requestId: "short" });
    const write = { mutations: [createOf(subject, accounts.entity, { id: "b" })], atomic: false, returning: false };
    const fault = await refusal("DEADLINE_EXCEEDED", adapter!.write({ ...write, consistency: undefined }, call));
    expect(fault.detail.neverResend).toBe(true);
    proxy.set("pass");
    await expect.poll(() => stored("b")).toEqual(["0"]);
    await accounts.create({ id: "c" });
    expect(await stored("c")).toEqual(["0"]);
  });

  test("a slow link: every answer arrives, and is whole", async () => {
    const subject = await open();
    const accounts = subject.rows("Account");
    proxy.set("slow");
    const name = "a".repeat(3_000);
    await Promise.all(["a", "b", "c"].map((id) => accounts.create({ id, name })));
    const rows = await Promise.all(["a", "b", "c"].map((id) => accounts.get({ id })));
    expect(rows).toMatchObject(["a", "b", "c"].map((id) => ({ id, name })));
  });

  test("a silent server: the caller's deadline holds, and the link is not used again", async () => {
    const subject = await open();
    const accounts = subject.rows("Account");
    await accounts.create({ id: "a" });
    proxy.set("silent");
    const { call } = createCall({ timeout: 200, requestId: "short" });
    const key = { entity: accounts.entity, key: ["a"] };
    const read = { keys: [key], fields: undefined, consistency: undefined };
    await refusal("DEADLINE_EXCEEDED", adapter!.read(read, call));
    proxy.set("pass");
    expect(await accounts.get({ id: "a" })).toMatchObject({ id: "a" });
  });

  test("the server ends every link: one call may be told, the next ones are served", async () => {
    const subject = await open();
    const accounts = subject.rows("Account");
    await accounts.create({ id: "a" });
    await direct.endOthers();
    await wait(50); // the end of a link that nobody uses takes a moment to arrive
    await accounts.create({ id: "b" });
    expect(await stored("b")).toEqual(["0"]);
  });

  test("a call that is given up stops its statement at the server", async () => {
    const subject = await open();
    const accounts = subject.rows("Account");
    await accounts.create({ id: "a" });
    await direct.hold("a");
    const control = createCall({ timeout: 60_000, requestId: "given up" });
    const write = {
      mutations: [deletionOf(accounts.entity, "a")],
      atomic: false,
      returning: false,
      consistency: undefined,
    };
    const answer = adapter!.write(write, control.call).catch(() => undefined);
    await expect.poll(() => direct.waiting()).toBe(1);
    control.abort("cancelled");
    await expect.poll(() => direct.waiting()).toBe(0);
    await answer;
    await direct.release();
    expect(await stored("a")).toEqual(["0"]);
  });

  test("aborted calls leave no transaction, no lock and no setting on any connection", async () => {
    const subject = await open();
    const accounts = subject.rows("Account");
    await accounts.create({ id: "a" });
    const aborted = Array.from({ length: 300 }, async (_, i) => {
      const control = createCall({ timeout: 10_000, requestId: "gone" });
      const kept = { ...deletionOf(accounts.entity, "a"), precondition: { version: 7n } };
      const write = { mutations: [kept], atomic: i % 2 === 0, returning: true, consistency: undefined };
      const answer = adapter!.write(write, control.call).catch(() => undefined);
      setTimeout(() => control.abort("cancelled"), i % 20);
      await answer;
      control.finish();
    });
    await Promise.all(aborted);
    await accounts.update({ id: "a" }, { increment: { int64_count: 1n } });
    await adapter!.close();
    adapter = undefined;
    expect(await direct.openTransactions()).toBe(0);
    expect(await stored("a")).toEqual(["1"]);
  });
});

// Of several hosts one that takes writes is used, so that each is asked before its link is.
test.each(testServers)(
  "$name: a server that takes a link and then says nothing is one that cannot be reached, and holds nobody",
  async (server) => {
    const url = new URL(await server.database());
    const proxy = await createFaultProxy({ host: url.hostname, port: Number(url.port) });
    url.port = String(proxy.port);
    url.searchParams.set("hosts", `127.0.0.1:${proxy.port}`);
    proxy.set("mute");
    const settings = { connect_timeout_ms: 500 };
    const opened = await openAt(url.href, settings);
    try {
      const accounts = subjectOf("main", guard(opened, "main"), manualClock(), own).rows("Account");
      await refusal("STORE_UNAVAILABLE", accounts.create({ id: "a" }));
      proxy.set("pass");
      await opened.ping(testCall());
      await accounts.create({ id: "a" });
      expect(await accounts.get({ id: "a" })).toMatchObject({ id: "a" });
    } finally {
      await opened.close();
      await proxy.close();
    }
  },
);

test.each(testServers)(
  "$name: a write whose call ends before there is a connection was not sent, and is told so",
  async (server) => {
    const url = new URL(await server.database());
    const proxy = await createFaultProxy({ host: url.hostname, port: Number(url.port) });
    url.port = String(proxy.port);
    proxy.set("refuse");
    const settings = { connect_timeout_ms: 500 };
    const opened = await openAt(url.href, settings);
    const adapter = guard(opened, "main");
    const subject = subjectOf("main", adapter, manualClock(), own);
    const { entity } = subject.rows("Account");
    const given = async (id: string): Promise<Fault> => {
      const control = createCall({ timeout: 60_000, requestId: "given up" });
      const write = { mutations: [createOf(subject, entity, { id })], atomic: false, returning: false };
      const links = proxy.links();
      const told = refusal("CANCELLED", adapter.write({ ...write, consistency: undefined }, control.call));
      await expect.poll(() => proxy.links(), { interval: 2 }).toBeGreaterThan(links);
      control.abort("cancelled");
      return told;
    };
    try {
      proxy.set("silent");
      expect((await given("first")).detail.neverResend, "while its tables are not known").toBeUndefined();
      proxy.set("pass");
      await expect.poll(() => adapter.ping(testCall()).then(() => "answers", reasonOf)).toBe("answers");
      proxy.set("refuse"); // and breaks the links that are there
      await wait(50); // the end of a link that nobody uses takes a moment to arrive
      proxy.set("silent");
      expect((await given("second")).detail.neverResend, "while it is served").toBeUndefined();
    } finally {
      await opened.close();
      await proxy.close();
    }
  },
);

test("a server that is not the url's refuses the start, and is no mistake of whoever calls where it answers later", async () => {
  const url = new URL(await mariadbDatabase());
  const proxy = await createFaultProxy({ host: url.hostname, port: Number(url.port) });
  const through = new URL(url.href.replace(/^\w+:/u, "mysql:"));
  through.port = String(proxy.port);
  proxy.set("refuse");
  const opening = { store: "main", url: through.href, dataDir: "", clock: manualClock(), entities: own };
  const opened = await openAdapter(opening);
  try {
    const accounts = subjectOf("main", guard(opened, "main"), manualClock(), own).rows("Account");
    proxy.set("pass");
    const fault = await refusal("STORE_UNAVAILABLE", accounts.create({ id: "a" }));
    expect(fault.message).not.toMatch(/maria/iu);
    await refusal("FIELD_INVALID", openAdapter(opening));
  } finally {
    await opened.close();
    await proxy.close();
  }
});

test.skipIf(!hasTidb)(
  "a TiDB that takes no writes any more says so to whoever writes, in whatever way, and no link of before is used again",
  async () => {
    const server = await startOwnServer("tidb");
    const url = new URL(await server.database());
    const opened = await openAt(url.href);
    const adapter = guard(opened, "main");
    const subject = subjectOf("main", adapter, manualClock(), own);
    const accounts = subject.rows("Account");
    const { op } = accounts;
    const links = `SELECT id FROM information_schema.processlist WHERE db = '${url.pathname.slice(1)}'`;
    try {
      await accounts.create({ id: "a" });
      const [before] = await say(new URL("/", url), links);
      expect(before).toBeDefined();
      await say(url, "SET GLOBAL tidb_restricted_read_only = ON");
      const writes: readonly (() => Promise<unknown>)[] = [
        () => accounts.create({ id: "b" }),
        () => accounts.put({ id: "b" }),
        () => accounts.update({ id: "a" }, { increment: { int64_count: 1n } }),
        () => accounts.delete({ id: "a" }),
        () => accounts.batchWrite([op.create({ id: "b" }), op.create({ id: "c" })], { atomic: true }),
        () => execute(subject, [op.get({ id: "a" }), op.create({ id: "b" })]),
      ];
      for (const write of writes)
        expect(await refusal("STORE_READ_ONLY", write())).toMatchObject({ code: "UNAVAILABLE" });
      expect(await accounts.get({ id: "a" })).toMatchObject({ id: "a" });
      expect(await say(new URL("/", url), links)).not.toContainEqual(before);
      await say(url, "SET GLOBAL tidb_restricted_read_only = OFF");
      await say(url, "SET GLOBAL tidb_super_read_only = OFF");
      expect((await accounts.list({})).rows.map(({ id }) => id)).toEqual(["a"]);
      await accounts.create({ id: "b" });
    } finally {
      await adapter.close();
      await server.end();
    }
  },
  180_000,
);

test("a PostgreSQL that follows another now takes no writes, and says so to whoever writes, in whatever way", async () => {
  const server = await startOwnServer("postgresql");
  const url = await server.database();
  const opened = await openAt(url);
  const subject = subjectOf("main", guard(opened, "main"), manualClock(), own);
  const accounts = subject.rows("Account");
  const { op } = accounts;
  try {
    await accounts.create({ id: "a" });
    const direct = new pg.Client({ connectionString: url });
    await direct.connect();
    const { rows } = await direct.query<{ data_directory: string }>("SHOW data_directory");
    await direct.end();
    await server.stop("SIGINT");
    await writeFile(join(rows[0]?.data_directory ?? "", "standby.signal"), "");
    await server.start();
    const writes: readonly (() => Promise<unknown>)[] = [
      () => accounts.create({ id: "b" }),
      () => accounts.update({ id: "a" }, { increment: { int64_count: 1n } }),
      () => accounts.batchWrite([op.create({ id: "b" }), op.create({ id: "c" })], { atomic: true }),
      () => execute(subject, [op.get({ id: "a" }), op.create({ id: "b" })]),
    ];
    const told = await Promise.all(writes.map((write) => write().then(String, reasonOf)));
    expect(new Set(told)).toEqual(new Set(["STORE_READ_ONLY"]));
    expect(await accounts.get({ id: "a" })).toMatchObject({ id: "a" });
    expect(await accounts.batchGet([{ id: "a" }, { id: "b" }])).toHaveLength(2);
  } finally {
    await opened.close();
    await server.end();
  }
}, 120_000);

test("of several MariaDB servers one that takes no writes is passed over", async () => {
  const server = await startOwnServer("mariadb", ["--read-only=1"]);
  try {
    const url = new URL(await server.database());
    const other = new URL(await mariadbServer());
    await say(other, `CREATE DATABASE ${url.pathname.slice(1)}`);
    url.searchParams.set("hosts", `127.0.0.1:${other.port}`);
    const opened = await openAt(url.href);
    const accounts = subjectOf("main", guard(opened, "main"), manualClock(), own).rows("Account");
    await accounts.create({ id: "a" });
    await opened.close();
    other.pathname = url.pathname;
    expect(await say(other, "SELECT id FROM accounts")).toEqual([["a"]]);
  } finally {
    await server.end();
  }
}, 120_000);

function deletionOf(entity: EntityModel, id: string): Extract<Mutation, { readonly kind: "delete" }> {
  return { kind: "delete", entity, key: [id], now: 1n, soft: false, allowMissing: true };
}
