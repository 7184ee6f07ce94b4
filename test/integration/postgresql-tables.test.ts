// Tables of PostgreSQL: made by several sidecars at once, changed by others, and made by others.
import { randomUUID } from "node:crypto";
import pg from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Adapter } from "../../src/adapter/adapter.ts";
import type { OpenOptions } from "../../src/adapter/opening.ts";
import { guard } from "../../src/adapter/decorators/guard.ts";
import { loadSchema } from "../../src/schema/load-schema.ts";
import { execute } from "../conformance/execute.ts";
import { reasons, refusal } from "../conformance/refusal.ts";
import { testCall } from "../conformance/rows.ts";
import { entities, openAdapter, subjectOf } from "../conformance/stores.ts";
import { manualClock, type Subject } from "../conformance/subject.ts";
import { postgresqlDatabase } from "../servers/postgresql.ts";
import { proto, protoFolder } from "../unit/schema/proto-folder.ts";

const own = entities.filter(({ name }) => /\.(?:Account|Ticket)$/u.test(name));

let url = "";
let direct: pg.Client;
const opened: Adapter[] = [];

beforeEach(async () => {
  url = await postgresqlDatabase();
  direct = new pg.Client({ connectionString: url });
  await direct.connect();
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((adapter) => adapter.close()));
  await direct.end();
});

async function open(
  tables: OpenOptions["tables"] = "auto",
  more: Partial<Pick<OpenOptions, "settings" | "entities">> & { readonly url?: string } = {},
): Promise<Subject> {
  const clock = manualClock();
  const options = { store: "main", url, dataDir: "", clock, entities: own, tables, ...more };
  const adapter = guard(await openAdapter(options), "main");
  opened.push(adapter);
  return subjectOf("main", adapter, clock, more.entities ?? own);
}

test("several sidecars start at once on an empty database: the tables are made once, and all serve", async () => {
  const subjects = await Promise.all(Array.from({ length: 6 }, () => open()));
  await Promise.all(subjects.map((subject, i) => subject.rows("Account").create({ id: `row ${i}` })));
  const { rows } = await direct.query(
    "SELECT entity, count(*)::int AS count FROM _pannier_contracts GROUP BY entity ORDER BY entity",
  );
  expect(rows).toEqual(own.map(({ name }) => ({ entity: name, count: 1 })));
  expect(await subjects[0]?.rows("Account").batchGet(subjects.map((_, i) => ({ id: `row ${i}` })))).toHaveLength(6);
});

/** The url of a role of its own that may do what is said. */
async function roleThat(...may: readonly string[]): Promise<string> {
  const role = `role_${randomUUID().replaceAll("-", "")}`;
  const at = new URL(url);
  await direct.query(`CREATE ROLE ${role} LOGIN`);
  for (const what of may) await direct.query(`GRANT ${what} TO ${role}`);
  at.username = role;
  return at.href;
}

const CHANGE = "SELECT, INSERT, UPDATE, DELETE ON";
const META = "_pannier_contracts, _pannier_requests, _pannier_numbers";

test("where all is there, a start makes nothing: it waits for nobody who writes with a request_id, and needs no leave to make tables", async () => {
  await open();
  const may = await roleThat(`${CHANGE} ${META}, accounts, tickets`);
  await direct.query("BEGIN");
  await direct.query("INSERT INTO _pannier_requests VALUES ('a', '', 0, '')");
  const settings = { statement_timeout_ms: 1_000 };
  for (const [i, at] of [url, may].entries()) {
    const subject = await open("auto", { url: at, settings });
    await subject.rows("Account").create({ id: `row ${i}` });
    expect(await subject.rows("Account").count({}, { allowScan: true })).toBe(i + 1);
  }
  await direct.query("ROLLBACK");
});

test.each(["auto", "check"] as const)(
  "a table that may not be read takes its entity out with %s, and no other",
  async (tables) => {
    await open();
    const subject = await open(tables, { url: await roleThat(`${CHANGE} ${META}, accounts`) });
    await subject.rows("Account").create({ id: "a" });
    await refusal("SCHEMA_DRIFT", subject.rows("Ticket").create({ id: "a" }));
    expect(subject.adapter.schema?.contract?.(subject.rows("Ticket").entity).drift).toEqual([
      "the table tickets cannot be read: the server does not let the user of the store",
    ]);
    expect(await subject.adapter.schema?.plan?.(testCall())).toHaveLength(own.length);
  },
);

test.each(["off", "check"] as const)(
  "without leave to read the contracts no entity is served with %s, and each says so until there is leave",
  async (tables) => {
    await open();
    const at = await roleThat(`${CHANGE} accounts, tickets`);
    const subject = await open(tables, { url: at });
    const { schema } = subject.adapter;
    await subject.adapter.ping(testCall());
    const told = (): unknown => own.map((entity) => schema?.contract?.(entity).drift);
    const line = expect.stringMatching(
      /^the table _pannier_contracts cannot be read, .* GRANT SELECT on it/u,
    ) as unknown;
    expect(told()).toEqual(own.map(() => [line]));
    const plans = await schema?.plan?.(testCall());
    expect(plans?.map(({ plan }) => plan.steps.map(({ what }) => what))).toEqual(own.map(() => [line]));
    await refusal("SCHEMA_DRIFT", subject.rows("Account").create({ id: "a" }));
    await direct.query(`GRANT SELECT ON _pannier_contracts TO ${new URL(at).username}`);
    expect(await schema?.verify(testCall())).toEqual([]);
    await subject.rows("Account").create({ id: "a" });
  },
);

test.each(["auto", "check"] as const)(
  "a table that others changed is not served with %s, and says what differs",
  async (tables) => {
    await open();
    await direct.query("ALTER TABLE tickets ALTER COLUMN seat TYPE text");
    const subject = await open(tables);
    await refusal("SCHEMA_DRIFT", subject.rows("Ticket").create({ id: "a" }));
    await subject.rows("Account").create({ id: "a" });
    const differences = await subject.adapter.schema!.verify(testCall());
    expect(differences).toMatchObject([
      { table: "tickets", what: "the column seat is text, not integer", additive: false },
    ]);
  },
);

test("a contract that cannot be read is in the plan of its entity as in what the start says, and in no other's", async () => {
  await open();
  await direct.query("UPDATE _pannier_contracts SET contract = '{' WHERE entity = 'test.v1.Ticket'");
  const { schema } = (await open("check")).adapter;
  const [difference] = await schema!.verify(testCall());
  expect(difference?.what).toMatch(/^the contract in the store cannot be used/u);
  const plans = await schema?.plan?.(testCall());
  expect(plans?.flatMap(({ plan }) => plan.steps.map(({ entity, what }) => [entity, what]))).toEqual([
    ["test.v1.Ticket", difference?.what],
  ]);
});

test("what others add is left alone, and what was dropped is drift where it was written to", async () => {
  await open();
  await direct.query("ALTER TABLE tickets ADD COLUMN note text DEFAULT 'theirs'");
  const subject = await open();
  await subject.rows("Ticket").create({ id: "a", holder: "b" });
  expect((await direct.query("SELECT note FROM tickets")).rows).toEqual([{ note: "theirs" }]);
  await direct.query("ALTER TABLE tickets DROP COLUMN holder");
  await refusal("SCHEMA_DRIFT", subject.rows("Ticket").put({ id: "a", holder: "c" }));
});

test("what a key includes beside its own columns is no difference", async () => {
  await open();
  await direct.query("ALTER TABLE tickets DROP CONSTRAINT tickets_pkey, ADD PRIMARY KEY (id) INCLUDE (holder)");
  const subject = await open("check");
  expect(await subject.adapter.schema!.verify(testCall())).toEqual([]);
});

test("a start behind a pooler builds anew what a start without one left half built", async () => {
  await open();
  const index = "SELECT indexrelid FROM pg_index WHERE indrelid = 'tickets'::regclass AND NOT indisprimary";
  await direct.query(`UPDATE pg_index SET indisvalid = false WHERE indexrelid IN (${index} LIMIT 1)`);
  const subject = await open("auto", { url: `${url}?pooler=transaction` });
  expect(subject.adapter.schema?.contract?.(subject.rows("Ticket").entity).drift).toEqual([]);
  expect((await direct.query(`${index} AND NOT indisvalid`)).rows).toEqual([]);
});

test("a table with the rows of another entity is not renamed, and goes on being served", async () => {
  const first = await open();
  await first.rows("Account").create({ id: "a" });
  const [account] = own.filter(({ name }) => name.endsWith(".Account"));
  const renamed = { ...account!, name: "test.v1.Member", table: "members", renamedFrom: ["accounts"] };
  const adapter = await openAdapter({ store: "main", url, dataDir: "", clock: manualClock(), entities: [renamed] });
  opened.push(adapter);
  expect(adapter.schema?.contract?.(renamed).drift).toEqual([
    "the table accounts holds the rows of test.v1.Account: give test.v1.Member a table of its own, or test.v1.Account its name back",
  ]);
  expect(await first.rows("Account").get({ id: "a" })).toMatchObject({ id: "a" });
});

test("an earlier name that is the table of another entity by now is nobody's concern where a later one is renamed", async () => {
  const first = await open();
  await first.rows("Account").create({ id: "a" });
  await direct.query("CREATE TABLE former (LIKE accounts INCLUDING DEFAULTS INCLUDING CONSTRAINTS, PRIMARY KEY (id))");
  const [account] = own.filter(({ name }) => name.endsWith(".Account"));
  const renamed = { ...account!, name: "test.v1.Member", table: "members", renamedFrom: ["accounts", "former"] };
  const adapter = await openAdapter({ store: "main", url, dataDir: "", clock: manualClock(), entities: [renamed] });
  opened.push(adapter);
  expect(adapter.schema?.contract?.(renamed).drift).toEqual([]);
  expect((await direct.query("SELECT to_regclass('former') AS former")).rows).toEqual([{ former: null }]);
  expect(await first.rows("Account").get({ id: "a" })).toMatchObject({ id: "a" });
});

test("off works on a view over a table that others made, and makes nothing", async () => {
  await direct.query(`
    CREATE TABLE old_tickets (no text COLLATE "C" PRIMARY KEY, code text COLLATE "C" UNIQUE, who text COLLATE "C", place integer,
      until timestamptz(6), kept boolean NOT NULL DEFAULT true);
    CREATE VIEW tickets AS SELECT no AS id, code, who AS holder, place AS seat, until AS expires_at FROM old_tickets`);
  const subject = await open("off");
  const tickets = subject.rows("Ticket");
  await tickets.create({ id: "a", holder: "b", seat: 3 });
  await tickets.create({ id: "c", code: "one" });
  expect((await tickets.put({ id: "a", holder: "d" })).row).toMatchObject({ holder: "d" });
  await tickets.update({ id: "a" }, { increment: { seat: 2 } });
  await refusal("KEY_EXISTS", tickets.create({ id: "a" }));
  await refusal("UNIQUE_VIOLATION", tickets.create({ id: "e", code: "one" }));
  expect(await tickets.pages({ where: { holder: { eq: "d" } } })).toMatchObject([{ id: "a", seat: 2 }]);
  expect((await tickets.batchWrite([tickets.op.create({ id: "f" }), tickets.op.create({ id: "g" })], {})).length).toBe(
    2,
  );
  await tickets.delete({ id: "c" });
  const { rows } = await direct.query("SELECT no, who, place, kept FROM old_tickets ORDER BY no");
  expect(rows).toEqual([
    { no: "a", who: "d", place: 2, kept: true },
    { no: "f", who: null, place: null, kept: true },
    { no: "g", who: null, place: null, kept: true },
  ]);
  const made = await direct.query(
    "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace",
  );
  expect(made.rows).toEqual([{ relname: "old_tickets" }]);
});

test.each(["auto", "check"] as const)(
  "an entity whose table is called as one of the server's own says so with %s, others that begin alike are served",
  async (tables) => {
    const called = ["pg_class", "pg_stat_activity", "pg_class_oid_index", "pg_own"].map((table) =>
      own.slice(0, 1).map((entity) => ({ ...entity, name: `test.v1.${table}`, table })),
    );
    await open("auto", { entities: called.flat() });
    await open(tables, { entities: called.flat() });
    const found = await opened.at(-1)?.schema?.verify(testCall());
    expect(found?.map(({ what }) => what)).toEqual(
      ["pg_class", "pg_stat_activity", "pg_class_oid_index"].map(
        (table) => `the name ${table} is the server's own; give the entity another \`table\``,
      ),
    );
    const plans = await opened.at(-1)?.schema?.plan?.(testCall());
    expect(plans?.flatMap(({ plan }) => plan.steps.map(({ by, what }) => [by, what]))).toEqual(
      found?.map(({ what }) => ["never", what]),
    );
    const made = await direct.query("SELECT 1 FROM pg_tables WHERE schemaname = 'public' AND tablename LIKE 'pg\\_%'");
    expect(made.rowCount).toBe(1);
  },
);

test("of rows that share a statement, a trigger's own key leaves those unknown that it may be of, and no other", async () => {
  await using folder = await protoFolder({
    "p.proto": proto(`
message Part {
  option (pannier.v1.entity) = { key: {partition: "id"} };
  int32 id = 1;
  string name = 2;
}`),
  });
  const parts = (await loadSchema({ sources: [folder.path] })).entities.map(({ model }) => model);
  await direct.query(`
    CREATE TABLE parts (id bigint PRIMARY KEY, name text);
    CREATE FUNCTION moved() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.id = NEW.id + 10000000000; RETURN NEW; END $$;
    CREATE TRIGGER moved BEFORE INSERT ON parts FOR EACH ROW WHEN (NEW.name = 'far') EXECUTE FUNCTION moved();
    INSERT INTO parts VALUES (3, 'there')`);
  const rows = (await open("off", { entities: parts })).rows("Part");
  const items = await rows.batchWrite(
    ["near", "far", "there"].map((name, i) => rows.op.create({ id: i + 1, name })),
    {},
  );
  expect(reasons(items)).toEqual([undefined, "WRITE_OUTCOME_UNKNOWN", "WRITE_OUTCOME_UNKNOWN"]);
  const { rows: found } = await direct.query("SELECT id, name FROM parts ORDER BY id");
  expect(found).toEqual([
    { id: "1", name: "near" },
    { id: "3", name: "there" },
    { id: "10000000002", name: "far" },
  ]);
});

test("a column whose type others widen: statements that were prepared before are prepared anew, and nobody is told", async () => {
  const subject = await open();
  const accounts = subject.rows("Account");
  const { op } = accounts;
  const all = async (): Promise<readonly unknown[]> => [
    await execute(subject, [op.get({ id: "a" })]), // in a transaction
    await accounts.get({ id: "a" }),
    await accounts.update({ id: "a" }, { increment: { int64_count: 1n } }),
    (await accounts.list({})).rows,
  ];
  await accounts.create({ id: "a", int64_count: 0n });
  await all();
  await direct.query("ALTER TABLE accounts ALTER COLUMN int64_count TYPE numeric(20, 0)");
  const [, got, ...later] = await all();
  expect([got, ...later]).toMatchObject([{ int64_count: 1n }, { row: { int64_count: 2n } }, [{ int64_count: 2n }]]);
});

test("a role that may not use the database: the store cannot be reached, and is served once it may", async () => {
  const name = new URL(url).pathname.slice(1);
  await direct.query(`REVOKE CONNECT ON DATABASE ${name} FROM PUBLIC`);
  const at = await roleThat(`CREATE ON SCHEMA public`);
  const accounts = (await open("auto", { url: at })).rows("Account");
  await refusal("STORE_UNAVAILABLE", accounts.create({ id: "a" }));
  await direct.query(`GRANT CONNECT ON DATABASE ${name} TO ${new URL(at).username}`);
  await accounts.create({ id: "a" });
  expect(await accounts.get({ id: "a" })).toMatchObject({ id: "a" });
});

test("a store that closes does not wait for a sweep that waits for a lock", async () => {
  const subject = await open("auto", { settings: { sweep_interval_ms: 20 } });
  await direct.query("BEGIN");
  await direct.query("LOCK TABLE tickets IN ACCESS EXCLUSIVE MODE");
  const waiting = "SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'tickets'::regclass";
  await expect.poll(async () => (await direct.query(waiting)).rowCount, { timeout: 10_000 }).toBe(1);
  let isClosed = false;
  void subject.adapter.close().then(() => (isClosed = true));
  await expect.poll(() => isClosed, { timeout: 10_000 }).toBe(true);
  await direct.query("ROLLBACK");
});
