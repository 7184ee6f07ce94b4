/** Contracts in the file: rows are known by number, processes of neighbouring versions live side by side, and nothing is guessed. */

import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import type { SqliteAdapter } from "../../../../../src/adapter/sqlite/open.ts";
import { contractText } from "../../../../../src/migration/contract-text.ts";
import { contractOf } from "../../../../../src/migration/contract.ts";
import type { EntityModel } from "../../../../../src/model/entity.ts";
import type { FieldType } from "../../../../../src/model/field.ts";
import type { Value } from "../../../../../src/model/value.ts";
import { entityOf, type EntityParts, type FieldRow } from "../../../migration/entities.ts";
import { message } from "../../../migration/types.ts";
import { anyCall, createOf, openStore, putOf, recordWith, temporaryDirectory, updateOf, writeAll } from "../store.ts";

const text: FieldType = { kind: "string" };
const int32: FieldType = { kind: "int32" };
const int64: FieldType = { kind: "int64" };
const id: FieldRow = [1, "id", text];

function things(...rows: readonly FieldRow[]): EntityModel {
  return entityOf({ fields: [id, ...rows] });
}

type Row = { readonly [name: string]: Value };

/** Opens, does something, closes. */
async function within<Result>(
  dataDir: string,
  entity: EntityModel,
  work: (store: SqliteAdapter) => Promise<Result>,
): Promise<Result> {
  const store = await openStore([entity], { dataDir });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

async function create(dataDir: string, entity: EntityModel, row: Row): Promise<void> {
  await within(dataDir, entity, async (store) => {
    const [outcome] = await writeAll(store, [createOf(entity, recordWith(entity, row))]);
    expect(outcome?.status).toBe("applied");
  });
}

/** By name, as the entity reads it. */
async function read(store: SqliteAdapter, entity: EntityModel, key: string): Promise<{ [name: string]: unknown }> {
  const keys = [{ entity, key: [key] }];
  const [outcome] = await store.read({ keys, fields: undefined, consistency: undefined }, anyCall());
  if (outcome?.status === "failed") throw outcome.error;
  const record = outcome?.status === "found" ? outcome.record : undefined;
  return Object.fromEntries(entity.fields.map(({ name, ordinal }) => [name, record?.[ordinal]]));
}

const get = (dataDir: string, entity: EntityModel, key: string): Promise<{ [name: string]: unknown }> =>
  within(dataDir, entity, (store) => read(store, entity, key));

const driftOf = (dataDir: string, entity: EntityModel): Promise<readonly string[]> =>
  within(dataDir, entity, async (store) => store.schema?.contract?.(entity).drift ?? []);

function columnsOf(dataDir: string): readonly unknown[] {
  const database = new DatabaseSync(join(dataDir, "test.db"), { readOnly: true });
  const names = database
    .prepare("SELECT name FROM pragma_table_info('things')")
    .all()
    .map(({ name }) => name);
  database.close();
  return names;
}

describe("a field is its number", () => {
  it("renamed, rolled back, written, rolled forward: one column, no write lost", async () => {
    const dataDir = temporaryDirectory();
    const older = things([2, "a", text]);
    const newer = things([2, "b", text]);
    await create(dataDir, older, { id: "1", a: "first" });
    expect(await get(dataDir, newer, "1")).toEqual({ id: "1", b: "first" });
    await within(dataDir, older, async (store) => writeAll(store, [updateOf(older, { id: "1", a: "second" })]));
    expect(await get(dataDir, newer, "1")).toEqual({ id: "1", b: "second" });
    expect(columnsOf(dataDir)).toEqual(["id", "a"]);
  });

  it("removed, and its name under a new number: the old values do not come back under the new field, and are not lost", async () => {
    const dataDir = temporaryDirectory();
    const first = things([2, "a", text]);
    await create(dataDir, first, { id: "1", a: "old" });
    expect(await get(dataDir, things(), "1")).toEqual({ id: "1" });
    const again = things([7, "a", text]);
    expect(await get(dataDir, again, "1")).toEqual({ id: "1", a: "" });
    expect(await get(dataDir, things([2, "z", text], [7, "a", text]), "1")).toEqual({ id: "1", z: "old", a: "" });
  });

  it("at every depth: renamed inside an embedded message, nothing is lost at the next write", async () => {
    const dataDir = temporaryDirectory();
    const holding = (name: string): EntityModel =>
      things([2, "box", { kind: "message", message: message("t.Box", [[1, name, text], [2, "size", int32]]) }], [3, "note", text]); // prettier-ignore
    const older = holding("label");
    const newer = holding("title");
    await create(dataDir, older, { id: "1", box: ["kept", 7] });
    await within(dataDir, newer, async (store) => writeAll(store, [updateOf(newer, { id: "1", note: "x" })]));
    expect(await get(dataDir, newer, "1")).toMatchObject({ box: ["kept", 7] });
  });
});

describe("a number inside an embedded message", () => {
  const boxed = (...fields: Parameters<typeof message>[1]): FieldRow => [2, "box", { kind: "message", message: message("t.Box", fields) }]; // prettier-ignore

  it("that was removed, and comes back under another type, is not read as that type", async () => {
    const dataDir = temporaryDirectory();
    const first = things(boxed([1, "label", text], [2, "size", int32]));
    await create(dataDir, first, { id: "1", box: ["l", 7] });
    expect(await driftOf(dataDir, things(boxed([1, "label", text])))).toEqual([]);
    const [refused] = await driftOf(dataDir, things(boxed([1, "label", text], [2, "weight", text])));
    expect(refused).toContain("box.weight: int32 → string");
    expect(await get(dataDir, first, "1")).toEqual({ id: "1", box: ["l", 7] });
  });

  it("means what it meant where it was written, though the message is another one elsewhere", async () => {
    const dataDir = temporaryDirectory();
    const other = (...fields: Parameters<typeof message>[1]): FieldRow => [3, "other", { kind: "message", message: message("t.Box", fields) }]; // prettier-ignore
    await create(dataDir, things(boxed([1, "size", int32])), { id: "1", box: [7] });
    await create(dataDir, things(other([1, "size", int64])), { id: "2", other: [8n] });
    const [waits] = await driftOf(dataDir, things(boxed([1, "size", int64]), other([1, "size", int64])));
    expect(waits).toContain("box.size: int32 → int64");
    expect(await get(dataDir, things(boxed([1, "size", int32])), "1")).toEqual({ id: "1", box: [7] });
  });
});

describe("a changed type", () => {
  const decimal = (precision: number, scale: number): FieldType => ({ kind: "decimal", precision, scale });
  const retyped: readonly (readonly [string, FieldType, Value, FieldType])[] = [
    ["decimal scale 2 → 4", decimal(10, 2), 1999n, decimal(10, 4)],
    ["int64 → uint64", int64, 7n, { kind: "uint64" }],
    ["int64 → int32", int64, 3_000_000_000n, int32],
    ["int64 → Timestamp", int64, 1n, { kind: "timestamp" }],
    ["int32 → bool", int32, 2, { kind: "bool" }],
    ["double → float", { kind: "double" }, 1e300, { kind: "float" }],
    ["decimal precision 30 → 40", decimal(30, 2), 5n, decimal(40, 2)],
    ["string → Duration", text, "soon", { kind: "duration" }],
    ["repeated int32 → string", { kind: "list", element: { kind: "int32" }, set: false }, [1], text],
  ];

  it.each(retyped)("%s is never read as something else", async (_, from, value, to) => {
    const dataDir = temporaryDirectory();
    const before = things([2, "value", from, { presence: true }]);
    await create(dataDir, before, { id: "1", value });
    const presence = to.kind === "string" && from.kind === "list" ? {} : { presence: true };
    expect(await driftOf(dataDir, things([2, "value", to, presence]))).not.toEqual([]);
    expect(await get(dataDir, before, "1")).toEqual({ id: "1", value });
  });

  it("that is stored alike is served at once; an older process goes on, and a value it cannot hold fails its own row", async () => {
    const dataDir = temporaryDirectory();
    const older = things([2, "n", int32]);
    const newer = things([2, "n", int64]);
    await create(dataDir, older, { id: "1", n: 7 });
    await create(dataDir, newer, { id: "2", n: 3_000_000_000n });
    expect(await driftOf(dataDir, older)).toEqual([]);
    expect(await get(dataDir, older, "1")).toEqual({ id: "1", n: 7 });
    await within(dataDir, older, async (store) => {
      await expect(read(store, older, "2")).rejects.toMatchObject({ reason: "SCHEMA_DRIFT" });
    });
    expect(await get(dataDir, newer, "1")).toEqual({ id: "1", n: 7n });
  });
});

describe("two versions on one file", () => {
  const boxOf = (...more: readonly (readonly [number, string, FieldType])[]): FieldType => ({
    kind: "message",
    message: message("t.Box", [[1, "label", text], ...more]),
  });
  const older = things([2, "a", text], [4, "box", boxOf()]);
  const newer = things([2, "a", text], [3, "b", text, { presence: true }], [4, "box", boxOf([2, "size", int32])]);

  it("what the older does not know survives its Updates and its Puts, and is told from what was cleared", async () => {
    const dataDir = temporaryDirectory();
    const before = await openStore([older], { dataDir });
    const after = await openStore([newer], { dataDir });
    await writeAll(after, [
      createOf(newer, recordWith(newer, { id: "1", a: "x", b: "kept", box: ["l", 5] })),
      createOf(newer, recordWith(newer, { id: "2", a: "x", b: "kept", box: ["l", 5] })),
      createOf(newer, recordWith(newer, { id: "3", a: "x", box: ["l", 5] })),
    ]);
    await writeAll(before, [updateOf(older, { id: "1", a: "y" }), putOf(older, recordWith(older, { id: "2", a: "z" })), updateOf(older, { id: "3", a: "y" })]); // prettier-ignore
    expect(await read(after, newer, "1")).toEqual({ id: "1", a: "y", b: "kept", box: ["l", 5] });
    expect(await read(after, newer, "2")).toEqual({ id: "2", a: "z", b: "kept", box: undefined });
    expect(await read(after, newer, "3")).toEqual({ id: "3", a: "y", b: undefined, box: ["l", 5] });
    await before.close();
    await after.close();
  });

  it("started in turns, they write no contract after the first", async () => {
    const dataDir = temporaryDirectory();
    for (const entity of [older, newer, older, newer, older]) await within(dataDir, entity, async () => {});
    const database = new DatabaseSync(join(dataDir, "test.db"), { readOnly: true });
    expect(database.prepare("SELECT max(revision) AS n FROM _pannier_contracts").get()).toEqual({ n: 2 });
    database.close();
  });

  it("one that only left a field out is known as older, and does not take away what a newer one binds", async () => {
    const dataDir = temporaryDirectory();
    const rows: readonly FieldRow[] = [id, [2, "a", text], [3, "b", text]];
    const removed = entityOf({ fields: rows.slice(0, 2) });
    const unique = entityOf({ fields: rows.slice(0, 2), indexes: [{ name: "by_a", fields: ["a"], unique: true }] });
    for (const entity of [entityOf({ fields: rows }), removed, unique, removed]) {
      await within(dataDir, entity, async () => {});
    }
    await create(dataDir, unique, { id: "1", a: "x" });
    await within(dataDir, removed, async (store) => {
      const [outcome] = await writeAll(store, [createOf(removed, recordWith(removed, { id: "2", a: "x" }))]);
      expect(outcome?.status).not.toBe("applied");
    });
  });

  it("a running process sees that another took its column's form away, and says why", async () => {
    const dataDir = temporaryDirectory();
    const running = await openStore([older], { dataDir });
    const database = new DatabaseSync(join(dataDir, "test.db"));
    const other = things([2, "a", { kind: "bytes" }], [4, "box", boxOf()]);
    database.exec(`ALTER TABLE things RENAME COLUMN a TO a__2`);
    database
      .prepare("INSERT INTO _pannier_contracts VALUES ('t.Thing', 2, 'x', '2026', ?, 0)")
      .run(contractText(contractOf(other)));
    database.close();
    await running.ping(anyCall());
    expect(running.schema?.contract?.(older).drift).toHaveLength(1);
    await running.close();
  });
});

describe("indexes", () => {
  const rows: readonly FieldRow[] = [id, [2, "email", text], [3, "gone", { kind: "timestamp" }, { presence: true }]];
  const unique = { name: "by_email", fields: ["email"], unique: true };
  const bound = entityOf({ fields: rows, indexes: [unique] });

  it("unique taken away is no longer enforced", async () => {
    const dataDir = temporaryDirectory();
    await create(dataDir, bound, { id: "1", email: "e" });
    for (const [key, indexes] of [
      ["2", []],
      ["3", [{ name: "by_email", fields: ["email"] }]],
    ] as const)
      await create(dataDir, entityOf({ fields: rows, indexes }), { id: key, email: "e" });
    expect(await driftOf(dataDir, bound)).toEqual([expect.stringContaining("no two rows may have equal values")]);
  });

  it("unique added over equal rows takes out its entity, and changes nothing", async () => {
    const dataDir = temporaryDirectory();
    const plain = entityOf({ fields: rows });
    for (const key of ["1", "2"]) await create(dataDir, plain, { id: key, email: "e" });
    expect(await driftOf(dataDir, bound)).toEqual([expect.stringContaining("2 rows have values that another row has")]);
    expect(await driftOf(dataDir, plain)).toEqual([]);
  });

  it("soft delete beside a unique index is added at the start", async () => {
    const dataDir = temporaryDirectory();
    await create(dataDir, entityOf({ fields: rows.slice(0, 2), indexes: [unique] }), { id: "1", email: "e" });
    const soft: EntityParts = { fields: rows, indexes: [unique], managed: { deletedAt: "gone" } };
    expect(await driftOf(dataDir, entityOf(soft))).toEqual([]);
  });

  it("other fields under one name, and back", async () => {
    const dataDir = temporaryDirectory();
    const of = (...fields: readonly string[]): EntityModel =>
      entityOf({ fields: rows, indexes: [{ name: "i", fields }] });
    for (const entity of [of("email"), of("email desc", "gone"), of("email")])
      expect(await driftOf(dataDir, entity)).toEqual([]);
  });
});

describe("what cannot be trusted", () => {
  const entity = things([2, "a", text]);

  it.each([
    ["damaged", "{", "it is not JSON"],
    ["from a newer version", '{"format":99}', "a newer one wrote it"],
  ])("a contract that is %s takes out its entity", async (_, contract, says) => {
    const dataDir = temporaryDirectory();
    await create(dataDir, entity, { id: "1", a: "x" });
    const database = new DatabaseSync(join(dataDir, "test.db"));
    database.prepare("UPDATE _pannier_contracts SET contract = ?").run(contract);
    database.close();
    const [line] = await driftOf(dataDir, entity);
    expect(line).toContain(says);
  });

  it("the table of another entity is not taken over", async () => {
    const dataDir = temporaryDirectory();
    await create(dataDir, entity, { id: "1", a: "x" });
    const [line] = await driftOf(dataDir, entityOf({ name: "t.Other", fields: [id, [2, "a", text]] }));
    expect(line).toContain("holds the rows of t.Thing");
  });

  describe("an earlier name that is now the table of another entity", () => {
    const other = (...renamedFrom: readonly string[]): EntityModel => ({
      ...entityOf({ name: "t.Other", table: "others", fields: [id, [2, "a", text]] }),
      renamedFrom,
    });

    it("is not renamed, and goes on being served", async () => {
      const dataDir = temporaryDirectory();
      await create(dataDir, entity, { id: "1", a: "x" });
      const renamed = other("things");
      const serving = await openStore([entity], { dataDir });
      const [line] = await driftOf(dataDir, renamed);
      await serving.ping(anyCall());
      expect(await read(serving, entity, "1")).toEqual({ id: "1", a: "x" });
      await serving.close();
      expect(line).toContain("the table things holds the rows of t.Thing: give t.Other a table of its own");
      await expect(openStore([renamed], { dataDir, tables: "check" })).rejects.toMatchObject({
        message: expect.stringContaining("holds the rows of t.Thing"),
      });
      const off = await openStore([renamed], { dataDir, tables: "off" }); // renames nothing
      expect(off.schema?.contract?.(renamed).drift).toEqual([]);
      await off.close();
    });

    it.each([
      ["the present name", "others"],
      ["a later name", "former"],
    ])("is nobody's concern where a table has %s", async (_, table) => {
      const dataDir = temporaryDirectory();
      await create(dataDir, entity, { id: "1", a: "x" });
      const database = new DatabaseSync(join(dataDir, "test.db"));
      database.exec(`CREATE TABLE ${table} (id TEXT NOT NULL, a TEXT NOT NULL, PRIMARY KEY (id)) STRICT`);
      database.prepare(`INSERT INTO ${table} VALUES ('2', 'y')`).run();
      database.close();
      expect(await get(dataDir, other("things", "former"), "2")).toEqual({ id: "2", a: "y" });
      expect(await get(dataDir, entity, "1")).toEqual({ id: "1", a: "x" });
    });
  });

  it("a table that was there before contracts gets its first from its columns, and documents by names are read", async () => {
    const dataDir = temporaryDirectory();
    const older = things([2, "box", { kind: "message", message: message("t.Box", [[1, "label", text]]) }]); // prettier-ignore
    const database = new DatabaseSync(join(dataDir, "test.db"));
    database.exec(`CREATE TABLE things (id TEXT NOT NULL, box TEXT, PRIMARY KEY (id)) STRICT;
      INSERT INTO things VALUES ('1', '{"label":"kept"}')`);
    database.close();
    expect(await get(dataDir, older, "1")).toMatchObject({ box: ["kept"] });
    const newer = things([2, "box", { kind: "message", message: message("t.Box", [[1, "title", text], [2, "label", text]]) }]); // prettier-ignore
    expect(await get(dataDir, newer, "1")).toMatchObject({ box: ["kept", undefined] });
  });
});
