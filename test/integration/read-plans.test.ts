// What servers look at for a page: about as many rows as it has, along an index, by the plans that they tell of the statements that are sent.
import { createConnection } from "mariadb";
import pg from "pg";
import { afterEach, describe, expect, test } from "vitest";
import type { Adapter, ScanWindow } from "../../src/adapter/adapter.ts";
import { mysqlDialect } from "../../src/adapter/mysql/dialect.ts";
import { MARIADB } from "../../src/adapter/mysql/flavour.ts";
import { postgresqlDialect } from "../../src/adapter/postgresql/dialect.ts";
import { PLACE } from "../../src/adapter/postgresql/place.ts";
import type { Statement } from "../../src/adapter/sql/server/connection/link.ts";
import { scanRows } from "../../src/adapter/sql/server/reading/scan.ts";
import { serverTable, type ServerTable } from "../../src/adapter/sql/server/tables/server-table.ts";
import type { SqlValue } from "../../src/adapter/sql/sql-value.ts";
import { contractOf } from "../../src/migration/contract.ts";
import type { EntityModel } from "../../src/model/entity.ts";
import { loadSchema } from "../../src/schema/load-schema.ts";
import { filter } from "../conformance/plain.ts";
import { openAdapter } from "../conformance/stores.ts";
import { manualClock } from "../conformance/subject.ts";
import { mariadbDatabase } from "../servers/mariadb.ts";
import { postgresqlDatabase } from "../servers/postgresql.ts";
import { proto, protoFolder } from "../unit/schema/proto-folder.ts";

const ROWS = 20_000;
const PAGE = 50;

/** Of ten holders the first has a tenth of the rows, and every fortieth row is soft-deleted, expired, or both. */
const ENTITY = `message Row {
  option (pannier.v1.entity) = { key: {partition: "id"} indexes: {fields: ["holder", "made_at desc"]} };
  string id = 1 [(pannier.v1.field).max_length = 40];
  optional string holder = 2 [(pannier.v1.field).max_length = 40];
  optional google.protobuf.Timestamp made_at = 3;
  optional string note = 4;
  google.protobuf.Timestamp gone_at = 5 [(pannier.v1.field).deleted_at = true];
  google.protobuf.Timestamp until = 6 [(pannier.v1.field).expires_at = true];
}`;

interface Looked {
  /** Rows of the table that the server looked at. */
  readonly rows: number;
  /** How it came to them, once for each access. */
  readonly along: readonly string[];
}

interface Server {
  readonly table: ServerTable;
  readonly adapter: Adapter;
  readonly run: (statement: Statement) => Promise<readonly (readonly SqlValue[])[]>;
  readonly looked: (statement: Statement) => Promise<Looked>;
}

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function entityOf(): Promise<EntityModel> {
  await using folder = await protoFolder({ "e.proto": proto(ENTITY) });
  const [loaded] = (await loadSchema({ sources: [folder.path] })).entities;
  if (!loaded) throw new Error("the folder has an entity");
  return loaded.model;
}

async function open(url: string, entity: EntityModel): Promise<Adapter> {
  const adapter = await openAdapter({ store: "main", url, dataDir: "", clock: manualClock(), entities: [entity] });
  ends.push(() => adapter.close());
  return adapter;
}

async function postgresql(): Promise<Server> {
  const [url, entity] = [await postgresqlDatabase(), await entityOf()];
  const adapter = await open(url, entity);
  const client = new pg.Client({ connectionString: url, types: { getTypeParser: () => (text: string) => text } });
  await client.connect();
  ends.push(() => client.end());
  await client.query(`INSERT INTO rows (id, holder, made_at, note, gone_at, until)
    SELECT 'row ' || i, 'holder ' || i % 10, timestamptz '2026-01-01' + i * interval '1 second', repeat('n', 200) || i % 2,
      CASE WHEN i % 40 = 0 THEN timestamptz '2026-02-01' END, CASE WHEN i % 80 = 0 THEN timestamptz '2001-01-01' END
    FROM generate_series(1, ${ROWS}) AS i`);
  await client.query("ANALYZE rows");
  const ask = async ({ text, parameters }: Statement, before = ""): Promise<SqlValue[][]> => {
    let number = 0;
    const numbered = before + text.replaceAll(PLACE, () => `$${++number}`);
    return (await client.query<SqlValue[]>({ text: numbered, values: [...parameters], rowMode: "array" })).rows;
  };
  return {
    adapter,
    table: serverTable(postgresqlDialect, entity, { view: contractOf(entity) }),
    run: ask,
    looked: async (statement) => {
      const told = await ask(statement, "EXPLAIN (ANALYZE, FORMAT JSON) ");
      return added(objectsIn(JSON.parse(String(told[0]?.[0]))).flatMap(postgresqlScan));
    },
  };
}

/** https://www.postgresql.org/docs/current/using-explain.html: rows are means of the loops. */
function postgresqlScan(node: Readonly<Record<string, unknown>>): Looked[] {
  if (node["Relation Name"] !== "rows") return [];
  const number = (name: string): number => Number(node[name] ?? 0);
  const each = number("Actual Rows") + number("Rows Removed by Filter") + number("Rows Removed by Index Recheck");
  return [{ rows: each * number("Actual Loops"), along: [String(node["Index Name"] ?? node["Node Type"])] }];
}

async function mariadb(): Promise<Server> {
  const [url, entity] = [new URL(await mariadbDatabase()), await entityOf()];
  const adapter = await open(url.href, entity);
  const connection = await createConnection({
    host: url.hostname,
    port: Number(url.port),
    user: url.username,
    password: url.password,
    database: url.pathname.slice(1),
    charset: "utf8mb4",
    rowsAsArray: true,
    dateStrings: true,
  });
  ends.push(() => connection.end());
  await connection.query("SET time_zone = '+00:00', max_recursive_iterations = 100000");
  await connection.query(`INSERT INTO \`rows\` (id, holder, made_at, note, gone_at, until)
    WITH RECURSIVE numbers AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM numbers WHERE i < ${ROWS})
    SELECT concat('row ', i), concat('holder ', i % 10), timestamp '2026-01-01 00:00:00' + INTERVAL i SECOND, concat(repeat('n', 200), i % 2),
      if(i % 40 = 0, '2026-02-01', NULL), if(i % 80 = 0, '2001-01-01', NULL)
    FROM numbers`);
  await connection.query("ANALYZE TABLE `rows`");
  const ask = ({ text, parameters }: Statement, before = ""): Promise<SqlValue[][]> =>
    connection.query<SqlValue[][]>(before + text, [...parameters]);
  return {
    adapter,
    table: serverTable(mysqlDialect(MARIADB), entity, { view: contractOf(entity) }),
    run: ask,
    looked: async (statement) => {
      const told = await ask(statement, "ANALYZE FORMAT=JSON ");
      return added(objectsIn(JSON.parse(String(told[0]?.[0]))).flatMap(mariadbScan));
    },
  };
}

/** https://mariadb.com/kb/en/analyze-format-json: rows are means of the loops, null where there was none. */
function mariadbScan(node: Readonly<Record<string, unknown>>): Looked[] {
  if (node["table_name"] !== "rows") return [];
  return [{ rows: Number(node["r_rows"] ?? 0) * Number(node["r_loops"] ?? 0), along: [String(node["key"] ?? node["access_type"])] }]; // prettier-ignore
}

function objectsIn(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  if (typeof value !== "object" || value === null) return [];
  const inside = Object.values(value).flatMap(objectsIn);
  return Array.isArray(value) ? inside : [value as Readonly<Record<string, unknown>>, ...inside];
}

function added(scans: readonly Looked[]): Looked {
  return {
    rows: scans.reduce((sum, { rows }) => sum + rows, 0),
    along: [...new Set(scans.flatMap(({ along }) => along))],
  };
}

interface Listing {
  readonly where?: Parameters<typeof filter>[1];
  readonly desc: boolean;
  readonly deleted?: boolean;
  readonly after?: Uint8Array;
}

interface Page {
  readonly window: ScanWindow;
  readonly text: string;
  readonly looked: Looked;
}

/** One window, and what the server says of its statement. */
async function page(
  { adapter, table, run, looked }: Server,
  { where, desc, deleted = false, after }: Listing,
): Promise<Page> {
  const { entity } = table;
  const made = entity.fields.find(({ name }) => name === "made_at")?.ordinal ?? -1;
  const plan = adapter.plan({
    entity,
    ...(where && { where: filter(entity, where) }),
    order: [{ ordinal: made, desc }],
  });
  const window = { limit: PAGE, maxBytes: 1_000_000, maxExamined: ROWS, fields: undefined, visible: { deleted, now: 1_800_000_000_000_000_000n }, consistency: undefined, ...(after && { after }) }; // prettier-ignore
  const sent: Statement[] = [];
  const found = await scanRows(
    async (statement) => (sent.push(statement), { rows: await run(statement), affected: 0 }),
    table,
    plan,
    window,
  );
  const [statement] = sent;
  if (!statement || sent.length > 1) throw new Error("a window is one statement");
  return { window: found, text: statement.text, looked: await looked(statement) };
}

const INDEX = "rows__holder_made_at";
const one = { holder: { eq: "holder 0" } };
const three = { holder: { one_of: ["holder 1", "holder 2", "holder 7"] } };

describe.each([
  ["PostgreSQL", postgresql, 3],
  ["MariaDB", mariadb, 1], // it copies rows that it numbers
] as const)("%s looks at", (_, open, copies) => {
  test("about as many rows as a page has, along an index, wherever the page begins and whatever its filter drops", async () => {
    const server = await open();
    const listings: readonly (Listing & { readonly name: string; readonly most: number })[] = [
      { name: "newest first", where: one, desc: true, most: 2 * PAGE },
      { name: "oldest first", where: one, desc: false, most: 2 * PAGE },
      { name: "with soft-deleted rows", where: one, desc: true, deleted: true, most: 2 * PAGE },
      { name: "of several holders", where: three, desc: true, most: 3 * 2 * PAGE },
      // Every second row.
      { name: "with a filter", where: { ...one, note: { eq: `${"n".repeat(200)}0` } }, desc: true, most: 8 * PAGE },
    ];
    for (const { name, most, ...listing } of listings) {
      // What a filter passes is learned.
      await page(server, listing);
      const first = await page(server, listing);
      const second = await page(server, { ...listing, ...(first.window.next && { after: first.window.next }) });
      for (const { window, looked } of [first, second]) {
        expect(window.rows, name).toHaveLength(PAGE);
        for (const access of looked.along) expect([INDEX, "rows_pkey", "PRIMARY"], name).toContain(access);
        expect(looked.rows, name).toBeGreaterThanOrEqual(PAGE);
        // The second begins with a piece of its own for what is equal to the first's end.
        expect(looked.rows, name).toBeLessThanOrEqual(most);
      }
    }
  });

  test("what a filter drops, no wider than it must: each row once, its key, order and filter where rows are copied", async () => {
    const server = await open();
    const listing = { where: { ...one, id: { contains: "77" } }, desc: true };
    const rows = server.table.entity.fields.find(({ name }) => name === "id")?.ordinal ?? -1;
    const wanted = Array.from({ length: ROWS }, (__, i) => ROWS - i)
      .filter((i) => i % 10 === 0 && i % 40 !== 0 && String(i).includes("77"))
      .map((i) => `row ${i}`);
    expect(wanted.length).toBeLessThan(PAGE);
    // What the filter passes is learned, page after page.
    for (let i = 0; i < 3; i += 1) await page(server, listing);
    const { window, text, looked } = await page(server, listing);
    expect(window.rows.map((row) => row[rows])).toEqual(wanted);
    expect(window.next).toBeUndefined();
    expect(text).toContain("row_number()");
    expect(looked.rows).toBeLessThanOrEqual(ROWS / 10 + PAGE);
    expect(text.split("note").length - 1, "how often a column is named that is delivered alone").toBe(copies);
  });
});
