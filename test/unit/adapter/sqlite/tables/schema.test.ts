/** Tables and indexes: made, extended without touching a row, compared, or left alone. */

import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { createIndexSql, createTableSql } from "../../../../../src/adapter/sql/table.ts";
import { tableOf } from "../../../../../src/adapter/sqlite/tables/table.ts";
import type { EntityModel } from "../../../../../src/model/entity.ts";
import type { Field } from "../../../../../src/model/field.ts";
import { anyCall, createOf, entity, openStore, readOne, recordWith, temporaryDirectory, writeAll } from "../store.ts";

const composite = entity("test.v1.Composite");
const account = entity("test.v1.Account");

/** The entity with some fields left out, changed or renamed. */
function changed(
  model: EntityModel,
  change: (field: Field) => Field | undefined,
  more: Partial<EntityModel> = {},
): EntityModel {
  const fields = model.fields.flatMap((field) => change(field) ?? []).map((field, ordinal) => ({ ...field, ordinal }));
  const moved = (old: number): number => fields.findIndex((field) => field.number === model.fields[old]?.number);
  return {
    ...model,
    fields,
    message: { ...model.message, fields },
    key: model.key.map((part) => ({ ...part, ordinal: moved(part.ordinal) })),
    ...more,
  };
}

const withoutNote = changed(composite, (field) => (field.name === "note" ? undefined : field));
const row = { tenant: "a", shard: 1n, number: 2n, at: 0n, name: "n" };

describe("the SQL of a table", () => {
  it("has presence, direction and exact types in it", () => {
    expect(createTableSql(tableOf(composite))).toBe(`CREATE TABLE "composites" (
  "tenant" TEXT NOT NULL,
  "shard" INTEGER NOT NULL,
  "number" INTEGER NOT NULL,
  "at" INTEGER NOT NULL,
  "name" TEXT NOT NULL,
  "note" TEXT,
  "count" INTEGER,
  PRIMARY KEY ("tenant", "shard", "number" DESC, "at" DESC, "name")
) STRICT, WITHOUT ROWID`);
  });

  it.each([
    [["tenant"], true],
    [["shard"], false], // is the rowid itself
    [["shard", "number"], true],
  ])("keeps rows in the tree of the key %j: %s", (names, isInKey) => {
    const key = composite.key.filter(({ ordinal }) => names.includes(composite.fields[ordinal]?.name ?? ""));
    expect(createTableSql(tableOf({ ...composite, key })).endsWith("STRICT, WITHOUT ROWID")).toBe(isInKey);
  });

  it("keeps uniqueness apart where soft-deleted rows do not count", () => {
    const table = tableOf(account);
    const texts = table.indexes.map((index) => createIndexSql(table, index));
    expect(texts.filter((text) => text.includes("UNIQUE")).every((text) => text.endsWith(`IS NULL`))).toBe(true);
    expect(texts.some((text) => text.includes("UNIQUE"))).toBe(true);
  });
});

describe("a new file", () => {
  it("says whose it is and in which format, which older processes look at before they write", async () => {
    const dataDir = temporaryDirectory();
    await (await openStore([composite], { dataDir })).close();
    const file = new DatabaseSync(join(dataDir, "test.db"));
    expect(file.prepare("PRAGMA application_id").get()).toEqual({ application_id: 0x50616e6e });
    expect(file.prepare(`SELECT value FROM "_pannier" WHERE name = 'format'`).get()).toEqual({ value: 2 });
    file.close();
  });
});

describe("tables: auto", () => {
  it("adds columns and indexes, and keeps the rows", async () => {
    const dataDir = temporaryDirectory();
    const before = await openStore([withoutNote], { dataDir });
    await writeAll(before, [createOf(withoutNote, recordWith(withoutNote, row))]);
    await before.close();
    const grown = { ...composite, indexes: [{ name: "by_note", parts: [{ ordinal: 5, desc: false }], unique: false }] };
    const after = await openStore([grown], { dataDir });
    expect(await readOne(after, grown, recordWith(grown, row))).toEqual(recordWith(grown, row));
    expect(await after.schema?.verify(anyCall())).toEqual([]);
    await after.close();
  });

  it("carries out renames of tables and columns", async () => {
    const dataDir = temporaryDirectory();
    const before = await openStore([composite], { dataDir });
    await writeAll(before, [createOf(composite, recordWith(composite, { ...row, note: "kept" }))]);
    await before.close();
    const renamed = changed(
      composite,
      (field) => (field.name === "note" ? { ...field, column: "remark", renamedFrom: ["note"] } : field),
      { table: "composed", renamedFrom: ["composites"] },
    );
    const after = await openStore([renamed], { dataDir });
    expect(await readOne(after, renamed, recordWith(renamed, row))).toEqual(
      recordWith(renamed, { ...row, note: "kept" }),
    );
    await after.close();
  });

  it("takes out only the entity whose change must wait, and says which", async () => {
    const dataDir = temporaryDirectory();
    await (await openStore([composite, account], { dataDir })).close();
    const other = changed(composite, (field) =>
      field.name === "note" ? { ...field, type: { kind: "int32" } } : field,
    );
    const store = await openStore([other, account], { dataDir });
    expect(store.schema?.contract?.(other).drift).toEqual([
      "note: string → int32: give the field a new number, and reserve the old one (refused)",
    ]);
    expect(store.schema?.contract?.(account).drift).toEqual([]);
    const refused = await readOne(store, other, recordWith(other, row)).catch((error: unknown) =>
      store.classify(error),
    );
    expect(refused).toMatchObject({ reason: "SCHEMA_DRIFT" });
    const [outcome] = await writeAll(store, [createOf(other, recordWith(other, row))]);
    expect(outcome?.status === "failed" && store.classify(outcome.error).reason).toBe("SCHEMA_DRIFT");
    await store.close();
    const database = new DatabaseSync(join(dataDir, "test.db"));
    expect(database.prepare("SELECT count(*) AS n FROM _pannier_contracts").get()).toMatchObject({ n: 2 });
    database.close();
  });
});

describe("tables: check", () => {
  it("changes nothing, and names the table", async () => {
    const dataDir = temporaryDirectory();
    await (await openStore([withoutNote], { dataDir })).close();
    await expect(openStore([composite], { dataDir, tables: "check" })).rejects.toMatchObject({
      reason: "SCHEMA_DRIFT",
      message: expect.stringContaining(
        "table composites (test.v1.Composite): note: nothing → string: the column note is added",
      ),
    });
    const database = new DatabaseSync(join(dataDir, "test.db"));
    expect(database.prepare("SELECT count(*) AS n FROM pragma_table_info('composites')").get()).toMatchObject({ n: 6 });
    database.close();
    const same = await openStore([withoutNote], { dataDir, tables: "check" });
    await same.close();
  });
});

describe("a column that is no field's", () => {
  it.each([
    ["must be filled by an insert", "TEXT NOT NULL", 1],
    ["has a default", "TEXT NOT NULL DEFAULT ''", 0],
    ["may be NULL", "TEXT", 0],
  ])("%s", async (_, type, differences) => {
    const dataDir = temporaryDirectory();
    const store = await openStore([composite], { dataDir });
    await store.close();
    const database = new DatabaseSync(join(dataDir, "test.db"));
    // ALTER TABLE adds no column that must be filled.
    const text = createTableSql(tableOf(composite)).replace("  PRIMARY KEY", `  "theirs" ${type},\n  PRIMARY KEY`);
    for (const { name } of tableOf(composite).indexes) database.exec(`DROP INDEX "${name}"`);
    database.exec('DROP TABLE "composites"');
    database.exec(text);
    for (const index of tableOf(composite).indexes) database.exec(createIndexSql(tableOf(composite), index));
    database.close();
    const opened = await openStore([composite], { dataDir, tables: "off" });
    const found = (await opened.schema?.verify(anyCall()))?.map(({ what }) => what);
    expect(found).toEqual(
      differences === 0 ? [] : ["the column theirs is NOT NULL, has no default and is in no field"],
    );
    await opened.close();
  });
});

describe("tables: off", () => {
  it("looks away until something is asked", async () => {
    const store = await openStore([composite], { tables: "off" });
    const failed = readOne(store, composite, recordWith(composite, row)).catch((error: unknown) =>
      store.classify(error),
    );
    expect(await failed).toMatchObject({ reason: "SCHEMA_DRIFT" });
    const [outcome] = await writeAll(store, [createOf(composite, recordWith(composite, row))]);
    expect(outcome?.status === "failed" && store.classify(outcome.error).reason).toBe("SCHEMA_DRIFT");
    expect(store.capabilities.request_id).toEqual({ supported: false });
    await store.close();
  });
});
