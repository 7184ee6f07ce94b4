/** Conversions: every value exact, in steps that any process may do, beside writers and readers of the old form, or not at all. */

import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import type { ConversionProgress } from "../../../../../src/adapter/schema.ts";
import type { SqliteAdapter } from "../../../../../src/adapter/sqlite/open.ts";
import type { EntityModel } from "../../../../../src/model/entity.ts";
import type { FieldType } from "../../../../../src/model/field.ts";
import type { Value } from "../../../../../src/model/value.ts";
import { entityOf, type EntityParts, type FieldRow } from "../../../migration/entities.ts";
import { message } from "../../../migration/types.ts";
import { anyCall, createOf, openStore, recordWith, temporaryDirectory, updateOf, writeAll } from "../store.ts";

const text: FieldType = { kind: "string" };
const int32: FieldType = { kind: "int32" };
const int64: FieldType = { kind: "int64" };
const id: FieldRow = [1, "id", text];
const optional = { presence: true };
const decimal = (precision: number, scale: number): FieldType => ({ kind: "decimal", precision, scale });

type Row = { readonly [name: string]: Value };

const openOff = (dataDir: string, entity: EntityModel): Promise<SqliteAdapter> =>
  openStore([entity], { dataDir, tables: "off" });

async function step(
  store: SqliteAdapter,
  entity: EntityModel,
  rows: number,
  accept: readonly string[] = [],
): Promise<ConversionProgress> {
  const progress = await store.schema?.convert?.({ entity, accept, rows }, anyCall());
  if (!progress) throw new Error("no conversion");
  return progress;
}

/** In one process, or with each step in a process of its own. */
async function convert(
  dataDir: string,
  entity: EntityModel,
  { rows = 3, accept = [], apart = false }: { rows?: number; accept?: readonly string[]; apart?: boolean } = {},
): Promise<ConversionProgress> {
  let store = await openOff(dataDir, entity);
  try {
    for (;;) {
      const progress = await step(store, entity, rows, accept);
      if (progress.status !== "running") return progress;
      if (!apart) continue;
      await store.close();
      store = await openOff(dataDir, entity);
    }
  } finally {
    await store.close();
  }
}

async function seed(entity: EntityModel, rows: readonly Row[]): Promise<string> {
  const dataDir = temporaryDirectory();
  const store = await openStore([entity], { dataDir });
  const outcomes = await writeAll(store, rows.map((row) => createOf(entity, recordWith(entity, row)))); // prettier-ignore
  expect(outcomes.every(({ status }) => status === "applied")).toBe(true);
  await store.close();
  return dataDir;
}

async function all(
  dataDir: string,
  entity: EntityModel,
  keys: readonly (readonly Value[])[],
): Promise<readonly unknown[]> {
  const store = await openStore([entity], { dataDir });
  try {
    expect(store.schema?.contract?.(entity).drift).toEqual([]);
    expect(await store.schema?.verify(anyCall())).toEqual([]);
    const outcomes = await store.read({ keys: keys.map((key) => ({ entity, key })), fields: undefined, consistency: undefined }, anyCall()); // prettier-ignore
    return outcomes.map((outcome) =>
      outcome.status === "found"
        ? Object.fromEntries(entity.fields.map(({ name, ordinal }) => [name, outcome.record[ordinal]]))
        : outcome.status,
    );
  } finally {
    await store.close();
  }
}

const keysOf = (rows: readonly Row[]): readonly (readonly Value[])[] => rows.map((row) => [row["id"] ?? ""]);
const left = (dataDir: string): readonly unknown[] => {
  const database = new DatabaseSync(join(dataDir, "test.db"), { readOnly: true });
  const names = database.prepare("SELECT name FROM sqlite_schema WHERE name LIKE '_pannier_new%' OR name LIKE '_pannier_log%' OR name LIKE '_pannier_old%'").all();
  database.close();
  return names;
}; // prettier-ignore

const hundredfold = (value: Value | undefined): bigint => (typeof value === "bigint" ? value * 100n : 0n);
const nameOf = (value: Value | undefined): string => (typeof value === "string" ? value : "");
const things = (...rows: readonly FieldRow[]): EntityModel => entityOf({ fields: [id, ...rows] });

describe("a conversion", () => {
  const before = things([2, "price", decimal(10, 2)], [3, "note", text]);
  const after = things([2, "price", decimal(12, 4)], [3, "note", text]);
  const rows = Array.from({ length: 20 }, (_, i): Row => ({ id: `k${i}`, price: BigInt(i * 100 - 5), note: "n" }));
  const converted = rows.map((row) => ({ ...row, price: hundredfold(row["price"]) }));

  it("writes every value in its new form, and leaves nothing behind", async () => {
    const dataDir = await seed(before, rows);
    expect(await convert(dataDir, after)).toMatchObject({ status: "done" });
    expect(await all(dataDir, after, keysOf(rows))).toEqual(converted);
    expect(left(dataDir)).toEqual([]);
  });

  it("goes on in another process after every step", async () => {
    const dataDir = await seed(before, rows);
    expect(await convert(dataDir, after, { rows: 7, apart: true })).toMatchObject({ status: "done" });
    expect(await all(dataDir, after, keysOf(rows))).toEqual(converted);
  });

  it("misses no write of the version beside it: created, changed and deleted at every step", async () => {
    const dataDir = await seed(before, rows);
    const beside = await openStore([before], { dataDir });
    const store = await openOff(dataDir, after);
    const model = new Map(rows.map((row) => [nameOf(row["id"]), row]));
    for (let i = 0; ; i += 1) {
      const progress = await step(store, after, 4);
      if (progress.status === "done") break;
      const fresh: Row = { id: `new${i}`, price: BigInt(i), note: "f" };
      const key = `k${(i * 7) % 20}`;
      const outcomes = await writeAll(beside, [createOf(before, recordWith(before, fresh)), updateOf(before, { id: key, note: `u${i}` })]); // prettier-ignore
      const hasEnded = outcomes.some(({ status }) => status !== "applied");
      if (hasEnded) continue; // the table has its new form: the older version is told so
      model.set(nameOf(fresh["id"]), fresh);
      const changed = model.get(key);
      if (changed) model.set(key, { ...changed, note: `u${i}` });
    }
    await beside.close();
    await store.close();
    const expected = [...model.values()].map((row) => ({ ...row, price: hundredfold(row["price"]) }));
    expect(expected.length).toBeGreaterThan(rows.length);
    expect(await all(dataDir, after, keysOf(expected))).toEqual(expected);
  });

  it("that is given up for the earlier version leaves the table as it was", async () => {
    const dataDir = await seed(before, rows);
    const store = await openOff(dataDir, after);
    await step(store, after, 4);
    await step(store, after, 4);
    await store.close();
    expect(await all(dataDir, before, keysOf(rows))).toEqual(rows);
    expect(await convert(dataDir, before)).toMatchObject({ status: "done" });
    expect(left(dataDir)).toEqual([]);
  });

  it("and back", async () => {
    const dataDir = await seed(before, rows);
    await convert(dataDir, after);
    expect(await convert(dataDir, before)).toMatchObject({ status: "refused" });
    expect(await convert(dataDir, before, { accept: ["t.Thing.price"] })).toMatchObject({ status: "done" });
    expect(await all(dataDir, before, keysOf(rows))).toEqual(rows);
  });
});

describe("narrowing", () => {
  const wide = things([2, "n", int64]);
  const narrow = things([2, "n", int32]);

  it("is done only when asked for by name, and where every value fits", async () => {
    const dataDir = await seed(wide, [{ id: "a", n: 7n }, { id: "b", n: 3_000_000_000n }]); // prettier-ignore
    expect(await convert(dataDir, narrow)).toMatchObject({ status: "refused" });
    const refused = await convert(dataDir, narrow, { accept: ["t.Thing.n"] });
    expect(refused).toMatchObject({ status: "refused", why: [expect.stringContaining("a value of n does not fit")] });
    expect(left(dataDir)).toEqual([]);
    expect(await all(dataDir, wide, [["a"], ["b"]])).toEqual([{ id: "a", n: 7n }, { id: "b", n: 3_000_000_000n }]); // prettier-ignore
  });

  it("keeps what fits", async () => {
    const dataDir = await seed(wide, [{ id: "a", n: 7n }]);
    expect(await convert(dataDir, narrow, { accept: ["t.Thing.n"] })).toMatchObject({ status: "done" });
    expect(await all(dataDir, narrow, [["a"]])).toEqual([{ id: "a", n: 7 }]);
  });
});

describe("an entity that is not declared any more", () => {
  const gone = entityOf({ name: "t.Gone", table: "gones", fields: [id, [2, "n", int64]], indexes: [{ name: "by_n", fields: ["n"] }] }); // prettier-ignore
  const left = entityOf({ name: "t.Left", table: "lefts", fields: [id] });

  it("is kept and said so, dropped in steps when asked for by name, and can be declared anew", async () => {
    const dataDir = await seed(
      gone,
      Array.from({ length: 9 }, (_, i): Row => ({ id: `k${i}`, n: BigInt(i) })),
    );
    const store = await openStore([left], { dataDir });
    const plans = await store.schema?.plan?.(anyCall());
    expect(plans?.map(({ plan, rows }) => [plan.entity, plan.steps.map(({ accept }) => accept), rows])).toEqual([["t.Left", [], 0], ["t.Gone", ["t.Gone"], 9]]); // prettier-ignore
    const drop = (): Promise<ConversionProgress> | undefined =>
      store.schema?.drop?.({ entity: "t.Gone", rows: 1 }, anyCall());
    expect(await drop()).toMatchObject({ status: "running", total: 9 });
    const [, resumed] = (await store.schema?.plan?.(anyCall())) ?? [];
    expect(resumed).toMatchObject({ plan: { entity: "t.Gone" }, resumes: "the old table is being removed" });
    let steps = 0;
    while ((await drop())?.status === "running") steps += 1;
    expect(steps).toBeGreaterThan(3);
    expect(await store.schema?.plan?.(anyCall())).toHaveLength(1);
    await store.close();
    expect(await all(dataDir, gone, [["k1"]])).toEqual(["missing"]);
  });
});

describe("other conversions", () => {
  const cases: readonly (readonly [string, EntityParts["fields"], EntityParts["fields"], Row, Row])[] = [
    ["plain → optional", [id, [2, "n", int32]], [id, [2, "n", int32, optional]], { n: 0 }, { n: 0 }],
    ["optional → plain", [id, [2, "n", int32, optional]], [id, [2, "n", int32]], {}, { n: 0 }],
    ["string → repeated string", [id, [2, "n", text]], [id, [2, "n", { kind: "list", element: { kind: "string" }, set: false }]], { n: "x" }, { n: ["x"] }],
    ["empty string → repeated string", [id, [2, "n", text]], [id, [2, "n", { kind: "list", element: { kind: "string" }, set: false }]], {}, { n: [] }],
    ["decimal(30,2) → decimal(40,2)", [id, [2, "n", decimal(30, 2)]], [id, [2, "n", decimal(40, 2)]], { n: -5n }, { n: -5n }],
  ]; // prettier-ignore

  it.each(cases)("%s", async (_, before, after, row, expected) => {
    const dataDir = await seed(entityOf({ fields: before }), [{ id: "a", ...row }]);
    expect(await convert(dataDir, entityOf({ fields: after }))).toMatchObject({ status: "done" });
    expect(await all(dataDir, entityOf({ fields: after }), [["a"]])).toEqual([{ id: "a", ...expected }]);
  });

  it("inside embedded messages, members that are not declared any more are kept", async () => {
    const box = (...fields: Parameters<typeof message>[1]): FieldRow => [2, "box", { kind: "message", message: message("t.Box", fields) }]; // prettier-ignore
    const first = things(box([1, "n", int32], [2, "old", text]));
    const dataDir = await seed(first, [{ id: "a", box: [7, "kept"] }]);
    const second = things(box([1, "n", int64]));
    expect(await convert(dataDir, second)).toMatchObject({ status: "done" });
    expect(await all(dataDir, second, [["a"]])).toEqual([{ id: "a", box: [7n] }]);
    const third = things(box([1, "n", int64], [2, "again", text]));
    expect(await all(dataDir, third, [["a"]])).toEqual([{ id: "a", box: [7n, "kept"] }]);
  });

  it("the key's direction turns, and its rows stay", async () => {
    const fields: EntityParts["fields"] = [id, [2, "n", int64], [3, "note", text]];
    const up = entityOf({ fields, key: ["id", "n"], indexes: [{ name: "by_note", fields: ["note"] }] });
    const down = entityOf({ fields, key: ["id", "n desc"], indexes: [{ name: "by_note", fields: ["note"] }] });
    const rows = Array.from({ length: 10 }, (_, i): Row => ({ id: `k${i % 3}`, n: BigInt(i), note: "x" }));
    const dataDir = await seed(up, rows);
    expect(await convert(dataDir, down)).toMatchObject({ status: "done" });
    const keys = rows.map((row) => [row["id"] ?? "", row["n"] ?? 0n]);
    expect(await all(dataDir, down, keys)).toEqual(rows);
    expect(await convert(dataDir, up, { rows: 2 })).toMatchObject({ status: "done" });
    expect(await all(dataDir, up, keys)).toEqual(rows);
  });

  it("a removed field is dropped when asked for by name, and its column's name is free again", async () => {
    const before = things([2, "a", text]);
    const dataDir = await seed(before, [{ id: "k", a: "x" }]);
    expect(await convert(dataDir, things(), { accept: ["t.Thing.a"] })).toMatchObject({ status: "done" });
    expect(await all(dataDir, before, [["k"]])).toEqual([{ id: "k", a: "" }]);
  });

  it("unique is built where no values are equal, and refused where some are", async () => {
    const fields: EntityParts["fields"] = [id, [2, "email", text]];
    const plain = entityOf({ fields });
    const unique = entityOf({ fields, indexes: [{ name: "u", fields: ["email"], unique: true }] });
    const equal = await seed(plain, [{ id: "a", email: "e" }, { id: "b", email: "e" }]); // prettier-ignore
    expect(await convert(equal, unique)).toMatchObject({ status: "refused" });
    const [plan] = (await (await openOff(equal, unique)).schema?.plan?.(anyCall())) ?? [];
    expect(plan?.findings).toEqual([{ rows: 2, misfits: 2 }]);
    const apart = await seed(plain, [{ id: "a", email: "e" }, { id: "b", email: "f" }]); // prettier-ignore
    expect(await convert(apart, unique)).toMatchObject({ status: "done" });
  });

  it("a plan counts the rows that a unique index will find equal, over fields that are new, absent or become zero", async () => {
    const counted = async (before: EntityParts["fields"], rows: readonly Row[], after: EntityParts["fields"]): Promise<unknown> => {
      const dataDir = await seed(entityOf({ fields: before }), rows);
      const store = await openOff(dataDir, entityOf({ fields: after, indexes: [{ name: "u", fields: ["n"], unique: true }] }));
      const [plan] = (await store.schema?.plan?.(anyCall())) ?? [];
      await store.close();
      return plan?.findings.at(-1)?.misfits;
    };
    const rows: readonly Row[] = [{ id: "a" }, { id: "b" }];
    expect(await counted([id], rows, [id, [2, "n", int32]])).toBe(2);
    expect(await counted([id], rows, [id, [2, "n", int32, optional]])).toBe(0);
    expect(await counted([id, [2, "n", int32, optional]], [{ id: "a" }, { id: "b", n: 0 }], [id, [2, "n", int32]])).toBe(2);
  }); // prettier-ignore

  it("values of a unique index that move between rows meanwhile are no violation", async () => {
    const indexes: EntityParts["indexes"] = [{ name: "u", fields: ["email"], unique: true }];
    const before = entityOf({ fields: [id, [2, "email", text], [3, "p", decimal(10, 2)]], indexes });
    const after = entityOf({ fields: [id, [2, "email", text], [3, "p", decimal(12, 4)]], indexes });
    const rows = Array.from({ length: 8 }, (_, i): Row => ({ id: `k${i}`, email: `e${i}`, p: 1n }));
    const dataDir = await seed(before, rows);
    const store = await openOff(dataDir, after);
    const beside = await openStore([before], { dataDir });
    await step(store, after, 3);
    await step(store, after, 3);
    await writeAll(beside, [updateOf(before, { id: "k0", email: "moved" }), updateOf(before, { id: "k7", email: "e0" })]); // prettier-ignore
    await beside.close();
    await store.close();
    expect(await convert(dataDir, after)).toMatchObject({ status: "done" });
    expect(await all(dataDir, after, [["k0"], ["k7"]])).toMatchObject([{ email: "moved" }, { email: "e0" }]);
  });
});
