// A store that speaks CQL while its link fails, its tables are changed by hand, and others write beside it.
import { randomUUID } from "node:crypto";
import type { Client } from "cassandra-driver";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Adapter, ReadOutcome } from "../../src/adapter/adapter.ts";
import { guard } from "../../src/adapter/decorators/guard.ts";
import { createCall } from "../../src/model/call.ts";
import type { EntityModel } from "../../src/model/entity.ts";
import { Fault } from "../../src/model/fault.ts";
import { ascending } from "../conformance/plain.ts";
import { refusal } from "../conformance/refusal.ts";
import { testCall } from "../conformance/rows.ts";
import { entities, openAdapter, subjectOf } from "../conformance/stores.ts";
import { manualClock, type Subject } from "../conformance/subject.ts";
import { cassandraClient, cassandraKeyspace } from "../servers/cassandra.ts";
import { createFaultProxy, type FaultProxy } from "../servers/fault-proxy.ts";

const entity = (name: string): EntityModel => entities.find((each) => each.name === `test.v1.${name}`)!;
const account = entity("Account");

let url: URL;
let proxy: FaultProxy;
let direct: Client;
let opened: Adapter[] = [];

// Tables take the database a moment, so all of these tests write into one.
beforeAll(async () => {
  url = new URL(await cassandraKeyspace());
  proxy = await createFaultProxy({ host: url.hostname, port: Number(url.port) });
  direct = cassandraClient(url);
  await open();
  await closeAll();
}, 300_000);
afterEach(async () => {
  proxy.set("pass");
  await closeAll();
});
afterAll(async () => {
  await direct.shutdown();
  await proxy.close();
});

async function closeAll(): Promise<void> {
  for (const adapter of opened) await adapter.close();
  opened = [];
}

interface Opened {
  readonly adapter: Adapter;
  readonly subject: Subject;
}

async function open({ through, of = account, at = url }: Opening = {}): Promise<Opened> {
  const place = new URL(at);
  if (through) place.port = String(through.port);
  const clock = manualClock();
  const adapter = guard(
    await openAdapter({ store: "main", url: place.href, dataDir: "", clock, entities: [of] }),
    "main",
  );
  opened.push(adapter);
  return { adapter, subject: subjectOf("main", adapter, clock, [of]) };
}

interface Opening {
  readonly through?: FaultProxy;
  readonly of?: EntityModel;
  readonly at?: URL;
}

async function stored(id: string): Promise<readonly string[]> {
  const { rows } = await direct.execute("SELECT int64_count FROM accounts WHERE id = ?", [id]);
  return rows.map((row) => String(row["int64_count"] ?? 0));
}

/** A link that was lost takes the driver a moment. */
async function statusOf(read: Promise<readonly ReadOutcome[]>): Promise<string> {
  return read.then(([outcome]) => outcome?.status ?? "nothing", reasonOf);
}

function reasonOf(error: unknown): string {
  return error instanceof Fault ? error.reason : "no Fault";
}

describe("a link", { timeout: 120_000 }, () => {
  test("to a cluster that is down at the start: the store opens, says so, and heals by itself", async () => {
    proxy.set("refuse");
    const { adapter, subject } = await open({ through: proxy });
    const accounts = subject.rows("Account");
    const refused = await refusal("STORE_UNAVAILABLE", accounts.create({ id: "early0" }));
    expect(refused.code).toBe("UNAVAILABLE");
    await refusal("STORE_UNAVAILABLE", adapter.ping(testCall()));
    const links = proxy.links();
    for (let i = 0; i < 20; i += 1) await refusal("STORE_UNAVAILABLE", accounts.get({ id: "early0" }));
    expect(proxy.links() - links, "calls are kept from trying").toBeLessThan(20);
    proxy.set("pass");
    await adapter.ping(testCall()); // which the server does every second while a store does not answer
    await accounts.create({ id: "early0" });
    expect(await stored("early0")).toEqual(["0"]);
  });

  test("that loses the answer to a write: its outcome is unknown, it is not sent again, and the truth can be read", async () => {
    const { adapter, subject } = await open({ through: proxy });
    const accounts = subject.rows("Account");
    await accounts.create({ id: "a1" });
    await accounts.create({ id: "warm1" });
    proxy.set("lose answers");
    const created = await refusal("WRITE_OUTCOME_UNKNOWN", accounts.create({ id: "b1" }));
    expect(created).toMatchObject({ code: "UNKNOWN", detail: { neverResend: true } });
    proxy.set("pass");
    const read = { keys: [{ entity: account, key: ["b1"] }], fields: undefined, consistency: "strong" } as const;
    await expect.poll(() => statusOf(adapter.read(read, testCall())), { timeout: 20_000 }).toBe("found");
  });

  test("that cuts a request short: it is not executed, and its outcome is unknown to the caller", async () => {
    const { subject } = await open({ through: proxy });
    const accounts = subject.rows("Account");
    await accounts.create({ id: "warm2" });
    proxy.set("cut requests");
    await refusal("WRITE_OUTCOME_UNKNOWN", accounts.create({ id: "b2" }));
    proxy.set("pass");
    expect(await stored("b2")).toEqual([]);
    const created = (): Promise<string> => accounts.create({ id: "b2" }).then(() => "created", reasonOf);
    await expect.poll(created, { timeout: 20_000 }).toBe("created");
  });

  test("that is silent: the caller's deadline holds", async () => {
    const { adapter, subject } = await open({ through: proxy });
    const accounts = subject.rows("Account");
    await accounts.create({ id: "a3" });
    proxy.set("silent");
    const { call } = createCall({ timeout: 200, requestId: "short" });
    const read = { keys: [{ entity: account, key: ["a3"] }], fields: undefined, consistency: undefined };
    const refused = await refusal("DEADLINE_EXCEEDED", adapter.read(read, call));
    expect(refused.message).toContain("nothing was changed");
  });
});

describe("tables", { timeout: 120_000 }, () => {
  test("made by several sidecars that start at once are made once, and all of them serve", async () => {
    const at = new URL(await cassandraKeyspace());
    const all = await Promise.all(Array.from({ length: 3 }, () => open({ at })));
    for (const [i, { subject }] of all.entries()) await subject.rows("Account").create({ id: `by-${i}` });
    const [first] = all;
    for (const i of all.keys()) expect(await first!.subject.rows("Account").get({ id: `by-${i}` })).toBeDefined();
  });

  test("need a keyspace, which is made where the url says how many replicas it has, and else asked for", async () => {
    const at = new URL(url);
    at.pathname = `/made_${randomUUID().replaceAll("-", "")}`;
    const refused = await refusal("SCHEMA_DRIFT", open({ at }));
    expect(refused.message).toContain("replication_factor");
    at.searchParams.set("replication_factor", "1");
    const accounts = (await open({ at })).subject.rows("Account");
    await accounts.create({ id: "a" });
    expect(await accounts.get({ id: "a" })).toMatchObject({ id: "a" });
  });

  test("changed by hand under a store are SCHEMA_DRIFT, not serving, and heal", async () => {
    const { adapter, subject } = await open();
    const accounts = subject.rows("Account");
    await accounts.create({ id: "a5", int64_count: 4n });
    const drift = (): readonly string[] => adapter.schema!.contract!(account).drift;
    expect(drift()).toEqual([]);
    await direct.execute("ALTER TABLE accounts DROP int64_count", [], { prepare: false });
    await refusal("SCHEMA_DRIFT", accounts.update({ id: "a5", int64_count: 5n }));
    await adapter.ping(testCall());
    expect(drift()).toEqual([expect.stringContaining("int64_count")]);
    await refusal("SCHEMA_DRIFT", accounts.get({ id: "a5" }));
    await direct.execute("ALTER TABLE accounts ADD int64_count bigint", [], { prepare: false });
    await adapter.ping(testCall());
    expect(drift()).toEqual([]);
    await accounts.update({ id: "a5", int64_count: 6n });
    expect(await stored("a5")).toEqual(["6"]);
  });

  test("of others get what is missing, and an index then holds their rows too, zero among them", async () => {
    await direct.execute("CREATE TABLE plains (id text PRIMARY KEY, name text)", [], { prepare: false });
    await direct.execute("INSERT INTO plains (id, name) VALUES ('old', 'x')", [], { prepare: false });
    const rows = (await open({ of: entity("Plain") })).subject.rows("Plain");
    await rows.create({ id: "new", name: "y", count: 0n });
    const ids = async (where: object): Promise<readonly unknown[]> =>
      (await rows.pages({ where: where as never })).map((row) => row.id);
    expect(ascending(await ids({ count: { eq: 0n } }))).toEqual(["new", "old"]);
    expect(await ids({ name: { eq: "x" } })).toEqual(["old"]);
  });
});

describe("writers of two sidecars on one row", { timeout: 120_000 }, () => {
  test("64 increments at a time sum exactly, and of guarded updates one wins each version", async () => {
    const sides = [(await open()).subject.rows("Account"), (await open()).subject.rows("Account")];
    const [one] = sides;
    await one!.create({ id: "a7" });
    await Promise.all(
      Array.from({ length: 64 }, (_, i) => sides[i % 2]!.update({ id: "a7" }, { increment: { int64_count: 1n } })),
    );
    expect(await stored("a7")).toEqual(["64"]);
    const row = await one!.get({ id: "a7" });
    const raced = await Promise.allSettled(
      Array.from({ length: 16 }, (_, i) =>
        sides[i % 2]!.update({ id: "a7", name: `racer ${i}` }, { expectedVersion: row.version as bigint }),
      ),
    );
    expect(raced.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  test("what another program wrote plainly is what the next write builds on", async () => {
    const accounts = (await open()).subject.rows("Account");
    await accounts.create({ id: "a8", name: "ours", int64_count: 1n });
    await direct.execute("UPDATE accounts SET int64_count = 41 WHERE id = 'a8' IF EXISTS", [], { prepare: false });
    await accounts.update({ id: "a8" }, { increment: { int64_count: 1n } });
    expect(await stored("a8")).toEqual(["42"]);
  });
});
