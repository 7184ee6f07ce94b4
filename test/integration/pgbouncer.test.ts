// Every clause again, by way of a PgBouncer that lends its connections for a transaction at a time: what needs a session fails here.
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Adapter } from "../../src/adapter/adapter.ts";
import { guard } from "../../src/adapter/decorators/guard.ts";
import { createCall } from "../../src/model/call.ts";
import { unmet } from "../conformance/clause.ts";
import { clauses } from "../conformance/clauses/all.ts";
import { execute } from "../conformance/execute.ts";
import { refusal } from "../conformance/refusal.ts";
import { entities, openAdapter, subjectOf } from "../conformance/stores.ts";
import { manualClock, type Subject } from "../conformance/subject.ts";
import { createFaultProxy } from "../servers/fault-proxy.ts";
import { pooledDatabase, startOwnPgbouncer } from "../servers/pgbouncer.ts";
import { postgresqlDatabase, postgresqlServer } from "../servers/postgresql.ts";

const own = entities.filter(({ name }) => name.endsWith(".Account"));

let url: string;
let adapter: Adapter;
let subject: Subject;

beforeAll(async () => {
  url = await pooledDatabase();
  const clock = manualClock();
  adapter = guard(
    await openAdapter({ store: "pooled", url: `${url}?pooler=transaction`, dataDir: "", clock }),
    "pooled",
  );
  subject = subjectOf("pooled", adapter, clock);
}, 300_000);
afterAll(() => adapter.close());

for (const clause of clauses)
  test(`${clause.name}`, async (context) => {
    const lacking = unmet(clause, subject.capabilities);
    if (lacking.length > 0) context.skip(`not published: ${lacking.join(", ")}`);
    expect.hasAssertions();
    await clause.run(subject);
  });

test("64 callers on three connections of the server: increments add up, and nobody meets another's transaction or setting", async () => {
  const accounts = subject.rows("Account");
  await accounts.create({ id: "counted", int64_count: 0n });
  const work = Array.from({ length: 64 }, async (_, i) => {
    await accounts.update({ id: "counted" }, { increment: { int64_count: 1n } });
    await subject.rows("Account").create({ id: `pooled ${i}`, email: `pooled-${i}@x` });
    return accounts.get({ id: `pooled ${i}` });
  });
  expect(await Promise.all(work)).toHaveLength(64);
  expect(await accounts.get({ id: "counted" })).toMatchObject({ int64_count: 64n });
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const left = await client.query("SELECT count(*)::int AS prepared FROM pg_prepared_statements");
  expect(left.rows).toEqual([{ prepared: 0 }]);
  await client.end();
});

test("a call that is given up stops its statement, also behind the pooler", async () => {
  const holding = new pg.Client({ connectionString: url });
  await holding.connect();
  const accounts = subject.rows("Account");
  await accounts.create({ id: "held" });
  await holding.query("BEGIN");
  await holding.query("SELECT 1 FROM accounts WHERE id = 'held' FOR UPDATE");
  // Within a transaction the server's view of itself does not change.
  const direct = new URL(await postgresqlServer());
  direct.pathname = new URL(url).pathname;
  const looking = new pg.Client({ connectionString: direct.href });
  await looking.connect();
  const waiting = async (): Promise<number> => {
    const text = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    return (await looking.query(text)).rowCount ?? 0;
  };
  const control = createCall({ timeout: 60_000, requestId: "given up" });
  const deletion = {
    kind: "delete",
    entity: accounts.entity,
    key: ["held"],
    now: 0n,
    soft: false,
    allowMissing: false,
  } as const;
  const write = { mutations: [deletion], atomic: false, returning: false, consistency: undefined };
  const answer = adapter.write(write, control.call).catch(() => undefined);
  await expect.poll(waiting, { timeout: 60_000 }).toBe(1);
  control.abort("cancelled");
  await expect.poll(waiting, { timeout: 60_000 }).toBe(0);
  await answer;
  await holding.query("ROLLBACK");
  await Promise.all([holding.end(), looking.end()]);
  expect(await accounts.get({ id: "held" })).toMatchObject({ id: "held" });
});

test("a database whose own settings would change what values look like is refused, and told what to set", async () => {
  const own = await pooledDatabase();
  const direct = new pg.Client({ connectionString: await postgresqlServer() });
  await direct.connect();
  await direct.query(`ALTER DATABASE ${new URL(own).pathname.slice(1)} SET bytea_output = 'escape'`);
  await direct.end();
  const opening = openAdapter({ store: "own", url: `${own}?pooler=transaction`, dataDir: "", clock: manualClock() });
  const refused = await refusal("FIELD_INVALID", opening);
  expect(refused.message).toContain("bytea_output is not hex");
});

test("the pooler loses its server while a write is under way: its outcome is unknown, and it is not sent again", async () => {
  const server = new URL(await postgresqlDatabase());
  const proxy = await createFaultProxy({ host: server.hostname, port: Number(server.port) });
  const direct = new pg.Client({ connectionString: server.href });
  await direct.connect();
  server.port = String(proxy.port);
  const pooler = await startOwnPgbouncer(server);
  const clock = manualClock();
  const opening = { store: "lost", url: `${pooler.url}?pooler=transaction`, dataDir: "", clock, entities: own };
  const opened = guard(await openAdapter(opening), "lost");
  try {
    const lost = subjectOf("lost", opened, clock, own);
    const accounts = lost.rows("Account");
    await accounts.create({ id: "a" });
    proxy.set("lose answers");
    const told = await refusal("WRITE_OUTCOME_UNKNOWN", accounts.create({ id: "b" }));
    expect(told.detail.neverResend).toBe(true);
    proxy.set("pass");
    await accounts.create({ id: "c" });
    proxy.set("lose commits");
    const { op } = accounts;
    await refusal("WRITE_OUTCOME_UNKNOWN", execute(lost, [op.create({ id: "d" }), op.create({ id: "e" })]));
    const { rows } = await direct.query<{ id: string }>("SELECT id FROM accounts ORDER BY id");
    expect(rows.map(({ id }) => id)).toEqual(["a", "b", "c", "d", "e"]);
  } finally {
    await opened.close();
    await pooler.end();
    await proxy.close();
    await direct.end();
  }
});
