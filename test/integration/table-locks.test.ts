// A start that has to change a table which others use: it waits a moment, keeps nobody waiting behind itself, and makes the change once it can.
import { createConnection } from "mariadb";
import pg from "pg";
import { afterEach, expect, test } from "vitest";
import type { Adapter } from "../../src/adapter/adapter.ts";
import { guard } from "../../src/adapter/decorators/guard.ts";
import type { EntityModel } from "../../src/model/entity.ts";
import { loadSchema } from "../../src/schema/load-schema.ts";
import { testCall } from "../conformance/rows.ts";
import { openAdapter, subjectOf } from "../conformance/stores.ts";
import { manualClock, type Subject } from "../conformance/subject.ts";
import { mariadbDatabase } from "../servers/mariadb.ts";
import { hasMysql, mysqlDatabase } from "../servers/mysql.ts";
import { postgresqlDatabase } from "../servers/postgresql.ts";
import { proto, protoFolder } from "../unit/schema/proto-folder.ts";

const opened: Adapter[] = [];
afterEach(() => Promise.all(opened.splice(0).map((adapter) => adapter.close())));

/** @param more what the row has beside its key */
async function open(url: string, more: string): Promise<Subject> {
  await using folder = await protoFolder({
    "e.proto": proto(`message Owner { option (pannier.v1.entity) = { key: {partition: "id"} }; string id = 1; }
message Row { option (pannier.v1.entity) = { key: {partition: "id"} indexes: {fields: ["owner"]} }; string id = 1; ${more} }`),
  });
  const entities: readonly EntityModel[] = (await loadSchema({ sources: [folder.path] })).entities.map(
    ({ model }) => model,
  );
  const clock = manualClock();
  const adapter = guard(await openAdapter({ store: "main", url, dataDir: "", clock, entities }), "main");
  opened.push(adapter);
  return subjectOf("main", adapter, clock, entities);
}

/** A connection that says what it is told. */
interface Holder {
  say(text: string): Promise<unknown>;
  end(): Promise<void>;
}

async function onPostgresql(url: string): Promise<Holder> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return { say: (text) => client.query(text), end: () => client.end() };
}

async function onMysql(url: string): Promise<Holder> {
  const { hostname, port, username, pathname } = new URL(url);
  const connection = await createConnection({
    host: hostname,
    port: Number(port),
    user: username,
    database: pathname.slice(1),
  });
  return { say: (text) => connection.query(text), end: () => connection.end() };
}

const servers = [
  { name: "PostgreSQL", database: postgresqlDatabase, connect: onPostgresql, table: "rows" },
  { name: "MariaDB", database: mariadbDatabase, connect: onMysql, table: "`rows`" },
  ...(hasMysql ? [{ name: "MySQL", database: mysqlDatabase, connect: onMysql, table: "`rows`" }] : []),
];

const REFERENCE =
  'optional string owner = 2 [(pannier.v1.field).references = {entity: "p.v1.Owner" on_delete: ON_DELETE_RESTRICT}];';

test.each(servers)(
  "$name: a table that others use is changed as soon as it can be, without another start",
  async (server) => {
    const url = await server.database();
    const plain = "optional string owner = 2 [(pannier.v1.field).max_length = 255];";
    const older = await open(url, plain);
    await older.rows("Row").create({ id: "held" });
    const holder = await server.connect(url);
    await holder.say("START TRANSACTION");
    await holder.say(`UPDATE ${server.table} SET owner = NULL WHERE id = 'held'`);
    const newer = [await open(url, `${plain} optional int32 size = 3;`), await open(url, REFERENCE)];
    const drift = (): readonly (readonly string[] | undefined)[] =>
      newer.map((subject) => subject.adapter.schema?.contract?.(subject.rows("Row").entity).drift);
    expect(drift()).toEqual([
      [expect.stringMatching(/^the table is not changed yet: the server could not do it just now \(code \w+\)/u)],
      [expect.stringMatching(/^owner is not enforced yet: the server could not do it just now \(code \w+\)/u)],
    ]);
    await newer[0]?.rows("Owner").create({ id: "served" });
    await older.rows("Row").create({ id: "meanwhile" });
    await holder.say("COMMIT");
    await expect
      .poll(async () => {
        for (const { adapter } of newer) await adapter.ping(testCall());
        return drift();
      })
      .toEqual([[], []]);
    await newer[0]?.rows("Row").create({ id: "new", size: 3 });
    await holder.end();
  },
);
