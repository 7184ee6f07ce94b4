// Tables that others made, with `tables: off`: other names, other types that fit, NULLs, collations; and clear words where they do not fit.
import { createConnection } from "mariadb";
import pg from "pg";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Adapter } from "../../src/adapter/adapter.ts";
import { guard } from "../../src/adapter/decorators/guard.ts";
import type { EntityModel } from "../../src/model/entity.ts";
import { loadSchema } from "../../src/schema/load-schema.ts";
import { refusal } from "../conformance/refusal.ts";
import type { Predicate } from "../conformance/plain.ts";
import { testCall } from "../conformance/rows.ts";
import { openAdapter, subjectOf } from "../conformance/stores.ts";
import { manualClock, type Subject } from "../conformance/subject.ts";
import { mariadbDatabase } from "../servers/mariadb.ts";
import { postgresqlDatabase } from "../servers/postgresql.ts";
import { proto, protoFolder } from "../unit/schema/proto-folder.ts";

const UUID = "0194a2f0-5c1e-7000-8000-00000000000";

const PROTO = proto(`
enum Colour { COLOUR_UNSPECIFIED = 0; COLOUR_RED = 1; COLOUR_BLUE = 2; }
message Box { int32 width = 1; optional string label = 2; }
message Part {
  option (pannier.v1.entity) = {
    table: "legacy_parts" key: {partition: "id"}
    indexes: {fields: ["name"]} indexes: {fields: ["size", "id"]}
  };
  string id = 1 [(pannier.v1.field).column = "part_no"];
  string name = 2 [(pannier.v1.field).column = "descr"];
  int32 size = 3 [(pannier.v1.field).column = "sz"];
  optional int64 stock = 4;
  string price = 5 [(pannier.v1.field).decimal = {precision: 10 scale: 2}];
  google.protobuf.Timestamp made = 6;
  Colour colour = 7;
  repeated string tags = 8;
  Box box = 9;
  optional string grade = 10;
  Colour shade = 11;
}
message Wheel {
  option (pannier.v1.entity) = { key: {partition: "code"} };
  string code = 1;
  optional uint32 spokes = 2 [(pannier.v1.field).unique = true];
}
message Token {
  option (pannier.v1.entity) = { key: {partition: "code"} };
  string code = 1 [(pannier.v1.field).max_length = 12];
  optional string note = 2 [(pannier.v1.field).unique = true, (pannier.v1.field).max_length = 12];
}
message Bad {
  option (pannier.v1.entity) = { key: {partition: "id"} };
  string id = 1;
  int32 size = 2;
  google.protobuf.Timestamp at = 3;
  string price = 4 [(pannier.v1.field).decimal = {precision: 10 scale: 2}];
  bool good = 5;
  string lost = 6;
}`);

interface Foreign {
  readonly name: string;
  database(): Promise<string>;
  readonly tables: string;
  /** A statement, and its rows. */
  run(url: string, text: string): Promise<readonly unknown[]>;
  /** Triggers of the table wheels, which refuse 9 spokes and 99, each in another way. */
  readonly refusing: string;
  /** What the table bads lacks. */
  readonly lacks: readonly string[];
  /** Why the table tokens is not served; absent where it is. */
  readonly foldedKey?: string;
}

const postgresql: Foreign = {
  name: "PostgreSQL",
  database: postgresqlDatabase,
  tables: `
    CREATE TYPE colour AS ENUM ('blue', 'red');
    CREATE TYPE grade AS ENUM ('second', 'first');
    CREATE COLLATION other (provider = icu, locale = 'en-US');
    CREATE COLLATION folding (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
    CREATE TABLE store_parts (part_no uuid PRIMARY KEY, descr varchar(40) COLLATE folding, sz smallint, stock integer, price numeric(14,4),
      made timestamp, colour colour, tags text[] NOT NULL DEFAULT '{}', box json, grade grade, shade varchar(30), hidden boolean DEFAULT true);
    CREATE INDEX ON store_parts (descr);
    CREATE VIEW legacy_parts AS SELECT part_no, descr, sz, stock, price, made, colour, tags, box, grade, shade FROM store_parts;
    CREATE TABLE wheels (code varchar(12) COLLATE other PRIMARY KEY, spokes numeric(9,0) UNIQUE);
    CREATE TABLE tokens (code text COLLATE folding PRIMARY KEY, note text COLLATE folding UNIQUE);
    CREATE TABLE bads (id char(10) PRIMARY KEY, size text, at timestamptz(3), price numeric(10,1), good smallint)`,
  run: async (url, text) => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      return (await client.query<object>(text)).rows;
    } finally {
      await client.end();
    }
  },
  refusing: `
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no wheel has %', NEW.spokes; END $$;
    CREATE TRIGGER nine BEFORE INSERT OR UPDATE ON wheels FOR EACH ROW WHEN (NEW.spokes IN (9, 99)) EXECUTE FUNCTION refuse()`,
  foldedKey:
    'the column code is text COLLATE "folding" (nondeterministic), which does not hold code exactly in a key; text COLLATE "C" would',
  lacks: [
    "the column id is character(10), which does not hold id exactly",
    "the column size is text, which does not hold size exactly; integer would",
    "the column at is timestamp(3) with time zone, which does not hold at exactly",
    "the column price is numeric(10,1), which does not hold price exactly",
    "the column good is smallint, which does not hold good exactly",
    "the column lost of lost is missing",
  ],
};

const mariadb: Foreign = {
  name: "MariaDB",
  database: mariadbDatabase,
  tables: `
    CREATE TABLE store_parts (part_no uuid PRIMARY KEY, descr varchar(40) COLLATE latin1_general_ci, sz smallint, stock int unsigned,
      price decimal(14,4), made timestamp(6) NULL, colour enum('blue', 'red'), tags json NOT NULL DEFAULT '[]', box mediumtext, grade enum('second', 'first'),
      shade varchar(30), hidden tinyint DEFAULT 1, KEY (descr));
    CREATE VIEW legacy_parts AS SELECT part_no, descr, sz, stock, price, made, colour, tags, box, grade, shade FROM store_parts;
    CREATE TABLE wheels (code varchar(12) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci PRIMARY KEY, spokes mediumint UNIQUE);
    CREATE TABLE tokens (code varchar(12) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci PRIMARY KEY, note varchar(12) UNIQUE);
    CREATE TABLE bads (id char(10) PRIMARY KEY, size text, at datetime(3), price decimal(10,1), good smallint)`,
  run: async (url, text) => {
    const { hostname, port, username, pathname } = new URL(url);
    const connection = await createConnection({
      host: hostname,
      port: Number(port),
      user: username,
      database: pathname.slice(1),
      multipleStatements: true,
    });
    try {
      return await connection.query<readonly unknown[]>(text);
    } finally {
      await connection.end();
    }
  },
  refusing: ["INSERT", "UPDATE"]
    .map(
      (event) => `CREATE TRIGGER nine_${event} BEFORE ${event} ON wheels FOR EACH ROW
        IF NEW.spokes = 9 THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'nine';
        ELSEIF NEW.spokes = 99 THEN SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 45009, MESSAGE_TEXT = 'nine'; END IF;`,
    )
    .join("\n"),
  lacks: [
    "the column id is char(10) COLLATE latin1_swedish_ci, which does not hold id exactly",
    "the column size is text COLLATE latin1_swedish_ci, which does not hold size exactly; int would",
    "the column at is datetime(3), which does not hold at exactly",
    "the column price is decimal(10,1), which does not hold price exactly",
    "the column good is smallint, which does not hold good exactly",
    "the column lost of lost is missing",
  ],
};

function reasonOf(error: unknown): unknown {
  return error instanceof Error && "reason" in error ? error.reason : error;
}

describe.each([postgresql, mariadb])("tables of others on $name", (server) => {
  let entities: readonly EntityModel[];
  let url: string;
  const opened: Adapter[] = [];

  beforeAll(async () => {
    await using folder = await protoFolder({ "e.proto": PROTO });
    entities = (await loadSchema({ sources: [folder.path] })).entities.map(({ model }) => model);
    url = await server.database();
    await server.run(url, server.tables);
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((adapter) => adapter.close()));
    await server.run(url, "DELETE FROM store_parts");
  });

  async function open(at = url): Promise<Subject> {
    const clock = manualClock();
    const adapter = guard(
      await openAdapter({ store: "main", url: at, dataDir: "", clock, entities, tables: "off" }),
      "main",
    );
    opened.push(adapter);
    return subjectOf("main", adapter, clock, entities);
  }

  const part = {
    id: `${UUID}1`,
    name: "Bolt",
    size: 3,
    stock: 7n,
    price: "12.50",
    made: 1_767_225_600_123_456_000n,
    colour: 1,
    tags: ['a "quoted" \\ {one}, two', "", "NULL", "ü"],
    box: { width: 4, label: "l" },
    grade: "first",
    shade: 2,
  };

  test("every kind of value is written and read as it is, through a view with other names", async () => {
    const parts = (await open()).rows("Part");
    await parts.create(part);
    expect(await parts.get({ id: part.id })).toEqual(part);
    const { row } = await parts.update(
      { id: part.id, price: "1.00", colour: 2, box: { width: 5 }, grade: "second" },
      { mask: ["price", "colour", "tags", "box", "grade"], increment: { size: 2, stock: 1n } },
    );
    expect(row).toMatchObject({
      price: "1.00",
      colour: 2,
      tags: [],
      box: { width: 5 },
      grade: "second",
      size: 5,
      stock: 8n,
    });
    expect(await parts.batchGet([{ id: part.id }, { id: `${UUID}9` }])).toMatchObject([{ row }, {}]);
    expect((await parts.put({ id: part.id, name: "Nut", tags: ["x"] })).row).toMatchObject({
      name: "Nut",
      tags: ["x"],
    });
    const [stored] = await server.run(url, "SELECT descr, hidden, sz FROM store_parts");
    expect(stored).toMatchObject({ descr: "Nut", sz: 0 });
    await parts.delete({ id: part.id });
    expect(await server.run(url, "SELECT 1 FROM store_parts")).toEqual([]);
  });

  test("what does not fit into a narrower column is refused, and so is what a UUID is not", async () => {
    const parts = (await open()).rows("Part");
    await refusal("VALUE_OUT_OF_RANGE", parts.create({ ...part, size: 100_000 }));
    await refusal("ROW_TOO_LARGE", parts.create({ ...part, name: "n".repeat(41) }));
    await refusal("STRING_INVALID", parts.create({ ...part, id: part.id.toUpperCase().replace("0194", "019A") }));
    await refusal("STRING_INVALID", parts.get({ id: "no uuid" }));
    expect(await parts.count({ size: { eq: 100_000 } }, { allowScan: true })).toBe(0);
    await parts.create(part);
    await refusal("VALUE_OUT_OF_RANGE", parts.update({ id: part.id }, { increment: { size: 32_767 } }));
  });

  test("what one caller's row cannot hold is no concern of those who write or read at the same time", async () => {
    const parts = (await open()).rows("Part");
    const [first, second, third] = [`${UUID}1`, "no uuid", `${UUID}3`];
    const ids = [first, second, third];
    const all = async (calls: readonly Promise<unknown>[]): Promise<readonly unknown[]> =>
      (await Promise.allSettled(calls)).map((each) => (each.status === "fulfilled" ? "done" : reasonOf(each.reason)));
    const asItShould = ["done", "STRING_INVALID", "done"];
    expect(await all(ids.map((id) => parts.create({ ...part, id })))).toEqual(asItShould);
    expect(await all(ids.map((id) => parts.put({ ...part, id })))).toEqual(asItShould);
    expect(await all(ids.map((id) => parts.update({ id, size: 4 }, { mask: ["size"] })))).toEqual(asItShould);
    expect(await all(ids.map((id) => parts.update({ id }, { increment: { stock: 1n } })))).toEqual(asItShould);
    expect(await all(ids.map((id) => parts.get({ id })))).toEqual(asItShould);
    const got = await parts.batchGet(ids.map((id) => ({ id })));
    expect(got.map((answer) => ("fault" in answer ? answer.fault.reason : "done"))).toEqual(asItShould);
    const shades = [first, `${UUID}3`].map((id, i) =>
      parts.update({ id, shade: i === 0 ? 99 : 1 }, { mask: ["shade"] }),
    );
    expect(await all(shades)).toEqual(["ENUM_UNKNOWN", "done"]);
    expect(await all(ids.map((id) => parts.delete({ id })))).toEqual(asItShould);
    const batch = await parts.batchWrite(ids.map((id) => parts.op.create({ ...part, id })));
    expect(batch.map((answer) => ("fault" in answer ? answer.fault.reason : "done"))).toEqual(asItShould);
  });

  test("texts of other collations sort and compare by code point; a NULL is the zero of a field that is never absent", async () => {
    const parts = (await open()).rows("Part");
    const names = ["Zoe", "adam", "Adam", "zoe", "ä"];
    for (const [i, name] of names.entries()) await parts.create({ id: `${UUID}${i}`, name, size: i });
    await server.run(url, `INSERT INTO store_parts (part_no) VALUES ('${UUID}8')`);
    const byName = async (orderBy: string) => (await parts.pages({ orderBy, pageSize: 2 })).map(({ name }) => name);
    expect(await byName("name")).toEqual(["", "Adam", "Zoe", "adam", "zoe", "ä"]);
    expect(await byName("name desc")).toEqual(["ä", "zoe", "adam", "Zoe", "Adam", ""]);
    const named = async (name: string) =>
      (await parts.pages({ where: { name: { eq: name } } })).map(({ name: found }) => found);
    expect(await named("adam")).toEqual(["adam"]);
    expect(await named("ADAM")).toEqual([]);
    expect(await named("")).toEqual([""]);
    const counted = (name: Predicate): Promise<number> => parts.count({ name }, { allowScan: true });
    expect(await counted({ ne: "adam" })).toBe(5);
    expect(await counted({ one_of: ["adam", "ZOE"] })).toBe(1);
    expect(await counted({ gt: "Zoe" })).toBe(3);
    expect(await counted({ contains: "A" })).toBe(1);
    expect(await parts.pages({ where: { name: { starts_with: "A" } } })).toMatchObject([{ name: "Adam" }]);
    expect(await parts.pages({ where: { size: { eq: 0 } } })).toMatchObject([
      { name: "Zoe" },
      { id: `${UUID}8`, name: "" },
    ]);
    expect(await parts.count({ colour: { eq: 0 } }, { allowScan: true })).toBe(6);
    expect(await parts.count({ grade: { is_null: true } }, { allowScan: true })).toBe(6);
  });

  test("a key that the database takes as equal to another is taken, and is not found by it", async () => {
    const wheels = (await open()).rows("Wheel");
    await wheels.create({ code: "abc", spokes: 32 });
    await refusal("ROW_NOT_FOUND", wheels.get({ code: "ABC" }));
    await refusal("ROW_NOT_FOUND", wheels.update({ code: "ABC", spokes: 1 }));
    await refusal("ROW_NOT_FOUND", wheels.delete({ code: "ABC" }));
    await refusal("UNIQUE_VIOLATION", wheels.create({ code: "x", spokes: 32 }));
    await refusal("KEY_EXISTS", wheels.create({ code: "abc" }));
    const other = await wheels.create({ code: "ABC" }).then(
      () => "made",
      (error: { readonly reason?: string }) => error.reason,
    );
    expect(other).toBe(server === mariadb ? "UNIQUE_VIOLATION" : "made");
    expect(await wheels.get({ code: "abc" })).toEqual({ code: "abc", spokes: 32 });
    expect((await wheels.pages({})).at(-1)).toEqual({ code: "abc", spokes: 32 });
  });

  test("a view that the server cannot write is read, and a write to it says what the table is", async () => {
    const at = await server.database();
    await server.run(
      at,
      `CREATE TABLE spokes (code varchar(12), spokes bigint); INSERT INTO spokes VALUES ('a', 1), ('a', 2);
      CREATE VIEW wheels AS SELECT code, max(spokes) AS spokes FROM spokes GROUP BY code`,
    );
    const wheels = (await open(at)).rows("Wheel");
    expect(await wheels.get({ code: "a" })).toEqual({ code: "a", spokes: 2 });
    await refusal("SCHEMA_DRIFT", wheels.create({ code: "b" }));
    await refusal("SCHEMA_DRIFT", wheels.update({ code: "a", spokes: 3 }));
    await refusal("SCHEMA_DRIFT", wheels.put({ code: "a", spokes: 3 }));
    await refusal("SCHEMA_DRIFT", wheels.delete({ code: "a" }));
  });

  test("a row that a trigger refuses fails alone", async () => {
    const at = await server.database();
    await server.run(at, server.tables);
    await server.run(at, server.refusing);
    const wheels = (await open(at)).rows("Wheel");
    await wheels.create({ code: "a", spokes: 3 });
    await refusal("CHECK_VIOLATION", wheels.update({ code: "a", spokes: 9 }));
    await refusal("CHECK_VIOLATION", wheels.put({ code: "a", spokes: 99 }));
    const together = [7, 8, 9, 99, 10].map((spokes) => wheels.create({ code: `w${spokes}`, spokes }));
    const told = (await Promise.allSettled(together)).map((outcome) =>
      outcome.status === "fulfilled" ? "created" : reasonOf(outcome.reason),
    );
    expect(told).toEqual(["created", "created", "CHECK_VIOLATION", "CHECK_VIOLATION", "created"]);
    expect((await wheels.pages({})).map(({ spokes }) => spokes)).toEqual([3, 10, 7, 8]);
  });

  test("a key whose collation takes other texts as equal: one row never stands for another", async () => {
    const tokens = (await open()).rows("Token");
    const { entity } = tokens;
    const drift = opened.at(-1)?.schema?.contract?.(entity).drift;
    expect(drift).toHaveLength(server.foldedKey === undefined ? 0 : 1);
    expect(drift?.join(" ")).toContain(server.foldedKey ?? "");
    const put = (code: string, note?: string): Promise<string> =>
      tokens.put({ code, ...(note !== undefined && { note }) }).then(
        () => "written",
        (error: { readonly reason?: string }) => String(error.reason),
      );
    const [first, ...others] = [await put("abc", "one"), await put("ABC", "two"), await put("xyz", "ONE")];
    const isServed = server.foldedKey === undefined;
    expect(first).toBe(isServed ? "written" : "SCHEMA_DRIFT");
    expect(others).toEqual(isServed ? ["UNIQUE_VIOLATION", "UNIQUE_VIOLATION"] : ["SCHEMA_DRIFT", "SCHEMA_DRIFT"]);
    const stored = await server.run(url, "SELECT code, note FROM tokens");
    expect(stored).toEqual(isServed ? [{ code: "abc", note: "one" }] : []);
  });

  test("what does not hold the entity says each column, its type and one that would; the others are served", async () => {
    const subject = await open();
    await refusal("SCHEMA_DRIFT", subject.rows("Bad").get({ id: "a" }));
    const drift = subject.adapter.schema?.contract?.(subject.rows("Bad").entity).drift ?? [];
    expect(drift).toEqual(server.lacks.map((text) => expect.stringContaining(text) as unknown));
    await subject.rows("Wheel").pages({});
    await server.run(url, "DROP TABLE bads");
    await subject.adapter.ping(testCall());
    expect(subject.adapter.schema?.contract?.(subject.rows("Bad").entity).drift).toEqual(["the table is missing"]);
  });
});
