// Indexes over many rows: built beside those who write, by one of several sidecars, and anew where the building was broken off.
import { createConnection, type Connection } from "mariadb";
import pg from "pg";
import { afterEach, expect, test } from "vitest";
import type { Adapter } from "../../src/adapter/adapter.ts";
import { guard } from "../../src/adapter/decorators/guard.ts";
import type { EntityModel } from "../../src/model/entity.ts";
import { loadSchema } from "../../src/schema/load-schema.ts";
import { refusal } from "../conformance/refusal.ts";
import { testCall } from "../conformance/rows.ts";
import { openAdapter, subjectOf } from "../conformance/stores.ts";
import { manualClock, type Subject } from "../conformance/subject.ts";
import { mariadbDatabase } from "../servers/mariadb.ts";
import { hasMysql, mysqlDatabase } from "../servers/mysql.ts";
import { postgresqlDatabase } from "../servers/postgresql.ts";
import { proto, protoFolder } from "../unit/schema/proto-folder.ts";

const opened: Adapter[] = [];
afterEach(() => Promise.all(opened.splice(0).map((adapter) => adapter.close())));

/**
 * Versions of one entity: an index is new in the second, and one more in the third, which the rows do not allow.
 *
 * @param more what all of them have
 */
async function versionOf(number: 1 | 2 | 3, more = ""): Promise<readonly EntityModel[]> {
  const second = 'indexes: {fields: ["holder", "size desc"]}';
  const index = { 1: "", 2: second, 3: `indexes: {fields: ["holder"] unique: true} ${second}` }[number];
  const body = `message Row {
  option (pannier.v1.entity) = { key: {partition: "id"} ${index} ${more} indexes: {fields: ["code"] unique: true} };
  string id = 1;
  optional string holder = 2 [(pannier.v1.field).max_length = 40];
  optional int32 size = 3;
  optional string code = 4 [(pannier.v1.field).max_length = 40];
  google.protobuf.Timestamp gone_at = 5 [(pannier.v1.field).deleted_at = true];
}`;
  await using folder = await protoFolder({ "e.proto": proto(body) });
  return (await loadSchema({ sources: [folder.path] })).entities.map(({ model }) => model);
}

async function open(url: string, entities: readonly EntityModel[]): Promise<Subject> {
  const clock = manualClock();
  const adapter = guard(await openAdapter({ store: "main", url, dataDir: "", clock, entities }), "main");
  opened.push(adapter);
  return subjectOf("main", adapter, clock, entities);
}

const UNHURRIED = { timeout: 60_000 };

/** Served, and by the index. */
async function served(subject: Subject): Promise<void> {
  const rows = subject.rows("Row");
  await expect
    .poll(async () => {
      await subject.adapter.ping(testCall());
      return subject.adapter.schema?.contract?.(rows.entity).drift;
    }, UNHURRIED)
    .toEqual([]);
  expect(await rows.pages({ where: { holder: { eq: "holder 7" } }, pageSize: 500 })).toHaveLength(200);
}

const BUILT = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'rows__holder_size'::regclass";

test("PostgreSQL: writers go on, the entity is served when it is done, one of several sidecars builds, and a broken one is built anew", async () => {
  const url = await postgresqlDatabase();
  const direct = new pg.Client({ connectionString: url });
  const holding = new pg.Client({ connectionString: url });
  await Promise.all([direct.connect(), holding.connect()]);
  const older = await open(url, await versionOf(1));
  await direct.query(
    "INSERT INTO rows (id, holder, code) SELECT 'row ' || i, 'holder ' || i % 100, 'code ' || i FROM generate_series(1, 20000) AS i",
  );
  // A writer that is not done keeps the building waiting, which must keep nobody else.
  await holding.query("BEGIN");
  await holding.query("UPDATE rows SET code = 'changed' WHERE id = 'row 1'");
  const second = await versionOf(2);
  const newer = await Promise.all([open(url, second), open(url, second), open(url, second)]);
  const building =
    "FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%INDEX CONCURRENTLY%' AND pid <> pg_backend_pid() AND state = 'active'";
  const builders = async (): Promise<number> => (await direct.query(`SELECT pid ${building}`)).rowCount ?? 0;
  await expect.poll(builders, UNHURRIED).toBe(1);
  const [first] = newer;
  const told = await refusal("SCHEMA_DRIFT", first.rows("Row").create({ id: "new" }));
  expect(told.reason).toBe("SCHEMA_DRIFT");
  expect(first.adapter.schema?.contract?.(first.rows("Row").entity).drift).toEqual([
    "the index rows__holder_size is being built, beside those who write",
  ]);
  await older.rows("Row").create({ id: "meanwhile", holder: "holder 7", code: "own" });
  await older.rows("Row").delete({ id: "meanwhile" }, { permanent: true });
  // The one that builds ends in the middle, and leaves an index that serves nobody.
  await expect.poll(async () => (await direct.query(BUILT)).rows, UNHURRIED).toEqual([{ indisvalid: false }]);
  await direct.query(`SELECT pg_terminate_backend(pid) ${building}`);
  await first.adapter.ping(testCall());
  await expect.poll(builders, UNHURRIED).toBe(1);
  await holding.query("COMMIT");
  for (const subject of newer) await served(subject);
  expect((await direct.query(BUILT)).rows).toEqual([{ indisvalid: true }]);
  expect((await direct.query("SELECT max(revision)::int AS revision FROM _pannier_contracts")).rows).toEqual([
    { revision: 2 },
  ]);
  await refusal("UNIQUE_VIOLATION", older.rows("Row").create({ id: "twice", code: "code 2" }));
  await Promise.all([direct.end(), holding.end()]);
});

test("PostgreSQL: a unique index over many rows that are not unique is tried once, says why, and keeps no other index back", async () => {
  const url = await postgresqlDatabase();
  const direct = new pg.Client({ connectionString: url });
  await direct.connect();
  await open(url, await versionOf(1));
  await direct.query(
    "INSERT INTO rows (id, holder, code) SELECT 'row ' || i, 'holder ' || i % 100, 'code ' || i FROM generate_series(1, 20000) AS i",
  );
  await direct.query("DELETE FROM _pannier_contracts"); // a table that others made
  const subject = await open(url, await versionOf(3));
  const { entity } = subject.rows("Row");
  const drift = (): readonly string[] | undefined => subject.adapter.schema?.contract?.(entity).drift;
  const settled = ["the unique index rows__holder__unique cannot be built: several rows have equal values"];
  await expect.poll(drift, UNHURRIED).toEqual(settled);
  expect((await direct.query(BUILT)).rows).toEqual([{ indisvalid: true }]);
  // Nothing is tried again by itself: what a look finds is what was found.
  await subject.adapter.ping(testCall());
  expect(drift()).toEqual(settled);
  // Once the rows are mended, and somebody asks for it, it is built.
  await direct.query("UPDATE rows SET holder = id");
  await subject.adapter.schema?.apply(testCall());
  await expect
    .poll(async () => {
      await subject.adapter.ping(testCall());
      return drift();
    }, UNHURRIED)
    .toEqual([]);
  await direct.end();
});

test("PostgreSQL: a large table that others made gets another name at once, and its indexes beside those who write", async () => {
  const url = await postgresqlDatabase();
  const direct = new pg.Client({ connectionString: url });
  const holding = new pg.Client({ connectionString: url });
  await Promise.all([direct.connect(), holding.connect()]);
  await direct.query(
    'CREATE TABLE former (id text COLLATE "C" PRIMARY KEY, holder text COLLATE "C", size integer, code text COLLATE "C", gone_at timestamptz(6))',
  );
  await direct.query(
    "INSERT INTO former (id, holder, code) SELECT 'row ' || i, 'holder ' || i % 100, 'code ' || i FROM generate_series(1, 20000) AS i",
  );
  // Whoever still reads what was before keeps such a building from its end.
  await holding.query("BEGIN ISOLATION LEVEL REPEATABLE READ");
  await holding.query("SELECT 1");
  const subject = await open(url, await versionOf(2, 'renamed_from: "former"'));
  expect(subject.adapter.schema?.contract?.(subject.rows("Row").entity).drift).toEqual(
    ["holder_size", "code", "code__unique"].map(
      (index) => `the index rows__${index} is being built, beside those who write`,
    ),
  );
  await direct.query("UPDATE rows SET size = 1 WHERE id = 'row 1'");
  await holding.query("COMMIT");
  await served(subject);
  await Promise.all([direct.end(), holding.end()]);
});

test("PostgreSQL: an index that the server refuses to build is tried once and told, and served once it was built by hand", async () => {
  const url = await postgresqlDatabase();
  const direct = new pg.Client({ connectionString: url });
  await direct.connect();
  // A partitioned table has no index that is built beside writers.
  await direct.query(`CREATE TABLE rows (id text COLLATE "C" PRIMARY KEY, holder text COLLATE "C", size integer, code text COLLATE "C",
    gone_at timestamptz(6)) PARTITION BY HASH (id)`);
  await direct.query("CREATE TABLE all_rows PARTITION OF rows FOR VALUES WITH (MODULUS 1, REMAINDER 0)");
  await direct.query(
    "INSERT INTO rows (id, holder) SELECT 'row ' || i, 'holder ' || i % 100 FROM generate_series(1, 20000) AS i",
  );
  const plain = await versionOf(2, 'indexes: {fields: ["size"]}');
  const entities = plain.map((entity) => ({ ...entity, indexes: entity.indexes.filter(({ unique }) => !unique) }));
  const subject = await open(url, entities);
  const { entity } = subject.rows("Row");
  const drift = (): readonly string[] | undefined => subject.adapter.schema?.contract?.(entity).drift;
  const why =
    "cannot be built beside those who write: the server refused it (code 0A000); build it by hand, or mend what is in its way";
  await expect.poll(drift, UNHURRIED).toEqual([`the index rows__holder_size ${why}`, `the index rows__size ${why}`]);
  await direct.query("CREATE INDEX rows__holder_size ON rows (holder NULLS FIRST, size DESC NULLS LAST, id DESC)");
  await direct.query("CREATE INDEX rows__size ON rows (size NULLS FIRST, id)");
  await served(await open(url, entities));
  await direct.end();
});

const kinds = [
  { name: "MariaDB", database: mariadbDatabase },
  ...(hasMysql ? [{ name: "MySQL", database: mysqlDatabase }] : []),
];

/** Numbers from 0 to 19,999. */
const DIGITS = "(SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9)"; // prettier-ignore
const MANY = `(SELECT a.d + 10 * b.d + 100 * c.d + 1000 * e.d + 10000 * f.d AS i FROM ${DIGITS} a, ${DIGITS} b, ${DIGITS} c, ${DIGITS} e, ${DIGITS} f WHERE f.d < 2) AS many`;

/** A text that is in an index already, and so of the type that indexes need. */
const HELD = 'indexes: {fields: ["holder", "code"]}';

interface Direct {
  readonly name: string;
  readonly connect: () => Promise<Connection>;
  readonly connection: Connection;
}

/** A database with the first version and its many rows. */
async function filled(url: string, more: string): Promise<Direct> {
  await open(url, await versionOf(1, more));
  const { hostname, port, username, pathname } = new URL(url);
  const name = pathname.slice(1);
  const connect = (): Promise<Connection> =>
    createConnection({ host: hostname, port: Number(port), user: username, database: name });
  const connection = await connect();
  const values = "concat('row ', i), concat('holder ', i % 100), concat('code ', i)";
  await connection.query(`INSERT INTO \`rows\` (id, holder, code) SELECT ${values} FROM ${MANY}`);
  return { name, connect, connection };
}

test.each(kinds)(
  "$name: the index is built behind the start, without a lock that writers would meet, also beside a column that is computed",
  async ({ database }) => {
    const url = await database();
    const { name, connect, connection: direct } = await filled(url, HELD);
    const holding = await connect();
    // A transaction that knows the table keeps every change of it waiting: a start that builds the index does not come to its end.
    await holding.query("START TRANSACTION");
    await holding.query("UPDATE `rows` SET code = 'changed' WHERE id = 'row 1'");
    const second = await versionOf(2, HELD);
    const first = await open(url, second);
    const { entity } = first.rows("Row");
    expect(first.adapter.schema?.contract?.(entity).drift).toEqual([
      "the index rows__holder_size is being built, beside those who write",
    ]);
    const builds = async (): Promise<readonly string[]> => {
      const running =
        await direct.query<readonly { readonly db: string; readonly Info: string }[]>("SHOW FULL PROCESSLIST");
      return running.flatMap(({ db, Info }) => (db === name && String(Info).startsWith("CREATE INDEX") ? [Info] : []));
    };
    await expect.poll(builds, UNHURRIED).toEqual([expect.stringMatching(/ ALGORITHM=INPLACE LOCK=NONE$/u)]);
    await holding.query("COMMIT");
    const newer = [first, ...(await Promise.all([open(url, second), open(url, second)]))];
    for (const subject of newer) await served(subject);
    await refusal("UNIQUE_VIOLATION", first.rows("Row").create({ id: "twice", code: "code 2" }));
    // That the server can, beside a column that is computed: the statement above was not said in vain.
    const made: unknown = await direct.query(
      "CREATE INDEX no_lock ON `rows` (code, _pannier_live) ALGORITHM=INPLACE LOCK=NONE",
    );
    expect(made).toMatchObject({ warningStatus: 0 });
    await Promise.all([direct.end(), holding.end()]);
  },
  180_000,
);

test.each(kinds)(
  "$name: a text that must change its type to be in an index is left to hands where rows are many, and writers do not wait",
  async ({ database }) => {
    const url = await database();
    const { connection: direct } = await filled(url, "");
    const second = await versionOf(2);
    const first = await open(url, second);
    const { entity } = first.rows("Row");
    const drift = (): string => (first.adapter.schema?.contract?.(entity).drift ?? []).join("; ");
    const what =
      /^the column holder is longtext .*, not varchar\(40\) .*, and its many rows would be copied while writers wait: change it by hand$/u;
    expect(drift()).toMatch(what);
    const columns = "SELECT column_type AS type FROM information_schema.columns WHERE table_schema = database() AND column_name = 'holder'"; // prettier-ignore
    expect(await direct.query(columns)).toMatchObject([{ type: "longtext" }]);
    await first.adapter.ping(testCall());
    expect(drift()).toMatch(what);
    const [{ collation } = { collation: "" }] = await direct.query<readonly { readonly collation: string }[]>(
      "SELECT collation_name AS collation FROM information_schema.columns WHERE table_schema = database() AND column_name = 'holder'",
    );
    await direct.query(`ALTER TABLE \`rows\` MODIFY COLUMN holder varchar(40) COLLATE ${collation}`);
    await served(await open(url, second));
    await direct.end();
  },
  180_000,
);
