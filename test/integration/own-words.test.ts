// Tables and columns that are called what our own statements call their parts.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Adapter } from "../../src/adapter/adapter.ts";
import { guard } from "../../src/adapter/decorators/guard.ts";
import type { EntityModel } from "../../src/model/entity.ts";
import type { ItemAnswer, Rows } from "../conformance/rows.ts";
import { entities, openAdapter, subjectOf } from "../conformance/stores.ts";
import { manualClock } from "../conformance/subject.ts";
import { playedCockroachServer, testServers } from "./server-side.ts";

/** What stands as a name of a table in some statement, of ours or of the server's. */
const TABLES =
  "wanted given kept few looked judged pieces found due impatient element pair excluded inserted new old unnest values dual".split(
    " ",
  );

/** Columns of the fields in order: what stands as a name of a column in some statement. */
const COLUMNS =
  "k0 p0 p1 k1 given kept wanted element pair excluded looked few count impatient held unnest pannier_hit pannier_row pannier_key0 name last at rows p2 p3".split(
    " ",
  );

/** What SQLite's json_each calls its columns: a list's and a map's, in turn. */
const EACH = [
  "value",
  "key",
  "type",
  "atom",
  "id",
  "parent",
  "fullkey",
  "path",
  "json",
  "root",
  "rowid",
  "oid",
  "_rowid_",
];
const nth = (i: number): string => EACH[i % EACH.length] ?? "";

const account = entities.find(({ name }) => name === "test.v1.Account");

function calledSo(table: string, at: number): EntityModel {
  if (!account) throw new TypeError("test/entities has accounts");
  const held = new Map([
    ["notes", nth(at)],
    ["limits", nth(at + 1)],
  ]);
  const fields = account.fields.map((field, i) => ({
    ...field,
    column: held.get(field.name) ?? COLUMNS[i] ?? field.column,
  }));
  return { ...account, name: `test.v1.${table}`, table, fields };
}

const SQLITE = { name: "SQLite", database: async () => "sqlite::memory:" };

/** More than a first look at a filter that passes next to none takes. */
const ROWS = 200;

describe.each([SQLITE, ...testServers, playedCockroachServer])("on $name", (server) => {
  const { name } = server;
  const clock = manualClock();
  const own = TABLES.map(calledSo);
  let adapter: Adapter;
  beforeAll(async () => {
    const opened = await openAdapter({ store: name, url: await server.database(), dataDir: "", clock, entities: own });
    adapter = guard(opened, name);
  }, 120_000);
  afterAll(async () => {
    await adapter.close();
  });

  test.each(TABLES)("%s", async (table) => {
    expect.hasAssertions();
    const rows = subjectOf(name, adapter, clock, own).rows(table);
    await write(rows);
    await read(rows);
  });
});

async function write(rows: Rows): Promise<void> {
  const ids = ["a", "b", "c"];
  await Promise.all(ids.map((id) => rows.create({ id, name: id, notes: [id], limits: new Map([[id, 1n]]) })));
  await Promise.all(ids.map((id) => rows.put({ id, name: `put ${id}`, notes: [id], limits: new Map([[id, 1n]]) })));
  await Promise.all(ids.map((id) => rows.update({ id, status: "s" }, { mask: ["status"] })));
  await Promise.all(ids.map((id) => rows.update({ id }, { mask: [], increment: { int64_count: 2n } })));
  await Promise.all(ids.map((id) => rows.update({ id }, { mask: [], append: { notes: ["more"] } })));
  const condition = { name: { starts_with: "put" } };
  const [written] = await Promise.all(ids.map((id) => rows.update({ id, email: id }, { mask: ["email"], condition })));
  expect(written?.row).toMatchObject({ id: "a", name: "put a", email: "a", status: "s", int64_count: 2n, version: 6n });
  await Promise.all(["b", "c"].map((id) => rows.delete({ id })));
  await rows.delete({ id: "c" }, { permanent: true });
  const many = Array.from({ length: ROWS }, (_, i) => rows.op.create({ id: `row ${i}`, name: "many", status: "s" }));
  const answers = await rows.batchWrite([...many, rows.op.create({ id: "row 0" })]);
  expect(answers.filter((answer) => "fault" in answer)).toHaveLength(1);
}

async function read(rows: Rows): Promise<void> {
  expect((await rows.batchGet([{ id: "a" }, { id: "b" }, { id: "row 0" }])).map(idOf)).toEqual(["a", "", "row 0"]);
  expect((await rows.batchGet([{ id: "b" }, { id: "a" }], { showDeleted: true })).map(idOf)).toEqual(["b", "a"]);
  const has = { notes: { has: "more" }, limits: { has: "a" } };
  // Asked twice: the second time it is known that the filter passes next to none.
  for (let i = 0; i < 3; i += 1)
    expect((await rows.list({ where: has, allowScan: true, pageSize: 3 })).rows.map(({ id }) => id)).toEqual(["a"]);
  expect(await rows.list({ where: { status: { eq: "s" } }, orderBy: "created_at desc", pageSize: 50 })).toMatchObject({
    rows: { length: 50 },
  });
  expect(await rows.scan()).toHaveLength(ROWS + 1);
  expect(await rows.count({ name: { eq: "many" } }, { allowScan: true })).toBe(ROWS);
  expect(await rows.exists({ where: has, allowScan: true })).toBe(true);
}

function idOf(answer: ItemAnswer): unknown {
  return "row" in answer ? answer.row["id"] : "";
}
