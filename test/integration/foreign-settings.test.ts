// Servers and databases whose settings are not ours: modes, zones, alphabets, orders, names, limits. What is promised of values holds all the same.
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Adapter } from "../../src/adapter/adapter.ts";
import { guard } from "../../src/adapter/decorators/guard.ts";
import { unmet } from "../conformance/clause.ts";
import { clauses } from "../conformance/clauses/all.ts";
import { refusal } from "../conformance/refusal.ts";
import { testCall } from "../conformance/rows.ts";
import { entities, openAdapter, subjectOf } from "../conformance/stores.ts";
import { manualClock, type Subject } from "../conformance/subject.ts";
import { startOwnServer, type OwnServer } from "../servers/own-server.ts";
import { databaseOf, postgresqlServer } from "../servers/postgresql.ts";

/** Clauses whose subject is what a server might read, cut, round, fold, pad or sort in its own way. */
const ABOUT =
  /\b(?:text|bytes?|decimals?|integers?|doubles?|fractions?|timestamps?|moments?|durations?|map|maps|enums?|sets?|order|orders|sorted|starts_with|contains|unique|increments?|keys?|absent|zero)\b/iu;
const chosen = clauses.filter(({ name }) => ABOUT.test(name));

interface Opened {
  readonly url: string;
  readonly close: () => Promise<void>;
}

const PLACES: readonly (readonly [name: string, open: () => Promise<Opened>])[] = [
  ["a database of PostgreSQL with settings of its own", openPostgresql],
  ["a MariaDB with settings of its own", openMariadb],
];

async function openPostgresql(): Promise<Opened> {
  const server = await postgresqlServer();
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  const { rows } = await client.query("SELECT 1 FROM pg_collation WHERE collprovider = 'i' LIMIT 1");
  const { rows: version } = await client.query<{ server_version_num: string }>("SHOW server_version_num");
  // Neither case nor accents count in it, where the server has such orders at all.
  const hasOrders = rows.length > 0 && Number(version[0]?.server_version_num) >= 150_000;
  const order = hasOrders ? "LOCALE_PROVIDER icu ICU_LOCALE 'und-u-ks-level1'" : "";
  const url = await databaseOf(server, `TEMPLATE template0 ENCODING 'UTF8' ${order}`);
  const name = new URL(url).pathname.slice(1);
  const settings = {
    DateStyle: "German, DMY",
    TimeZone: "Asia/Kathmandu",
    IntervalStyle: "sql_standard",
    bytea_output: "escape",
    extra_float_digits: "-15",
    standard_conforming_strings: "off",
    backslash_quote: "on",
    escape_string_warning: "off",
    default_transaction_isolation: "serializable",
    default_transaction_read_only: "on",
    client_encoding: "LATIN1",
    statement_timeout: "1",
    lock_timeout: "1",
    array_nulls: "off",
    quote_all_identifiers: "on",
    transform_null_equals: "on",
  };
  for (const [setting, value] of Object.entries(settings))
    await client.query(`ALTER DATABASE ${name} SET ${setting} = '${value}'`);
  await client.end();
  return { url, close: async () => {} };
}

/** Bytes: less than a row may have. */
const PACKET = 1_048_576;

async function openMariadb(): Promise<Opened> {
  const server: OwnServer = await startOwnServer("mariadb", [
    "--lower-case-table-names=1",
    "--sql-mode=ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES,IGNORE_SPACE,HIGH_NOT_PRECEDENCE,EMPTY_STRING_IS_NULL",
    "--default-time-zone=+05:45",
    "--character-set-server=latin1",
    "--collation-server=latin1_swedish_ci",
    "--skip-character-set-client-handshake",
    "--transaction-isolation=READ-UNCOMMITTED",
    "--innodb-lock-wait-timeout=1",
    "--default-week-format=3",
    "--sql-safe-updates=1",
    "--default-storage-engine=Aria",
    `--max-allowed-packet=${PACKET}`,
  ]);
  return { url: await server.database(), close: () => server.end() };
}

describe.each(PLACES)("on %s", (_, open) => {
  let opened: Opened;
  let adapter: Adapter;
  let subject: Subject;
  const clock = manualClock();

  const connect = async (own = entities): Promise<Adapter> =>
    guard(await openAdapter({ store: "main", url: opened.url, dataDir: "", clock, entities: own }), "main");
  beforeAll(async () => {
    opened = await open();
    adapter = await connect();
    subject = subjectOf("main", adapter, clock);
  }, 300_000);
  afterAll(async () => {
    await adapter.close();
    await opened.close();
  });

  test("there are enough clauses", () => {
    expect(chosen.length).toBeGreaterThan(40);
  });

  test.each(chosen)("$name", async (clause) => {
    expect.hasAssertions();
    expect(unmet(clause, adapter.capabilities)).toEqual([]);
    await clause.run(subject);
  });

  test("its tables are found as they were made", async () => {
    const again = await connect();
    expect(await again.schema!.verify(testCall())).toEqual([]);
    await again.close();
  });

  test("numbers in text are text, and so are trailing blanks, case and accents", async () => {
    const accounts = subject.rows("Account");
    const texts = ["1", "01", "1.0", "1a", " 1", "1 ", "1\t", "0", "-0", "00", "x", "X", "é", "e", "É", "true", "null"];
    for (const text of texts) await accounts.create({ id: `text ${text}`, email: text, name: text });
    for (const text of texts) {
      const found = await accounts.list({ where: { email: { eq: text } } });
      expect(found.rows.map(({ id }) => id)).toEqual([`text ${text}`]);
      const named = await accounts.list({ where: { id: { starts_with: "text " }, name: { eq: text } } });
      expect(named.rows.map(({ id }) => id)).toEqual([`text ${text}`]);
      expect(await accounts.get({ id: `text ${text}` })).toMatchObject({ name: text });
    }
  });

  test("words of SQL and capital letters are names of tables and columns", async () => {
    const account = entities.find(({ name }) => name.endsWith(".Account"))!;
    const named = { ...account, name: "test.v1.Select", table: "Order" };
    const other = await connect([named]);
    const rows = subjectOf("main", other, clock, [named]).rows("Select");
    await rows.create({ id: "a", name: "b" });
    expect(await rows.list({ where: { id: { eq: "a" } } })).toMatchObject({ rows: [{ id: "a", name: "b" }] });
    await other.close();
    const again = await connect([named]);
    expect(await again.schema!.verify(testCall())).toEqual([]);
    await again.close();
  });

  test("a name that is longer than the server takes keeps its entity out, and no other", async () => {
    const account = entities.find(({ name }) => name.endsWith(".Account"))!;
    const ticket = entities.find(({ name }) => name.endsWith(".Ticket"))!;
    const long = { ...account, name: "test.v1.Long", table: `t${"e".repeat(64)}` };
    const other = await connect([long, ticket]);
    expect([...(other.unfit ?? [])].map(([{ name }]) => name)).toEqual(["test.v1.Long"]);
    await subjectOf("main", other, clock, [ticket]).rows("Ticket").create({ id: "beside it" });
    await other.close();
  });
});

test("a statement that is larger than the server takes is refused, and the next is served", async () => {
  const opened = await openMariadb();
  const clock = manualClock();
  const own = entities.filter(({ name }) => name.endsWith(".Account"));
  const adapter = guard(
    await openAdapter({ store: "main", url: opened.url, dataDir: "", clock, entities: own }),
    "main",
  );
  const accounts = subjectOf("main", adapter, clock, own).rows("Account");
  const name = "x".repeat(PACKET);
  await refusal("ROW_TOO_LARGE", accounts.create({ id: "large", name }));
  await accounts.create({ id: "small", name: "x".repeat(PACKET / 4) });
  await refusal("ROW_TOO_LARGE", accounts.update({ id: "small", name }));
  expect(await accounts.get({ id: "small" })).toMatchObject({ name: "x".repeat(PACKET / 4) });
  await adapter.close();
  await opened.close();
}, 300_000);

test("a database that cannot hold every text is refused, with what to do", async () => {
  const url = await databaseOf(
    await postgresqlServer(),
    "TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'",
  );
  const opening = openAdapter({ store: "main", url, dataDir: "", clock: manualClock(), entities: [] });
  const fault = await refusal("FIELD_INVALID", opening);
  expect(fault.message).toMatch(/is in LATIN1, which cannot hold every text; .* ENCODING 'UTF8'/u);
});
