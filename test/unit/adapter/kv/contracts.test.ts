/** Contracts beside the rows: fields are known by number, nothing is read as something else, and conversions lose nothing. */

import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Adapter } from "../../../../src/adapter/adapter.ts";
import type { ConversionProgress } from "../../../../src/adapter/schema.ts";
import type { OpenOptions } from "../../../../src/adapter/opening.ts";
import { open } from "../../../../src/adapter/kv/open.ts";
import type { EntityModel } from "../../../../src/model/entity.ts";
import type { FieldType } from "../../../../src/model/field.ts";
import type { Value } from "../../../../src/model/value.ts";
import { entityOf, type EntityParts, type FieldRow } from "../../migration/entities.ts";
import { message } from "../../migration/types.ts";
import {
  anyCall,
  createOf,
  NOW,
  openOptions,
  putOf,
  recordWith,
  temporaryDirectory,
  updateOf,
  writeAll,
} from "../sqlite/store.ts";

const text: FieldType = { kind: "string" };
const int32: FieldType = { kind: "int32" };
const int64: FieldType = { kind: "int64" };
const id: FieldRow = [1, "id", text];
const decimal = (precision: number, scale: number): FieldType => ({ kind: "decimal", precision, scale });

function things(...rows: readonly FieldRow[]): EntityModel {
  return entityOf({ fields: [id, ...rows] });
}

type Row = { readonly [name: string]: Value };

const opened = (
  dataDir: string,
  entities: readonly EntityModel[],
  change: Partial<OpenOptions> = {},
): Promise<Adapter> => open(openOptions(entities, { url: new URL("kv:rows"), ...change, dataDir }));

/** Opens, does something, closes. */
async function within<Result>(
  dataDir: string,
  entity: EntityModel,
  work: (store: Adapter) => Promise<Result>,
  change: Partial<OpenOptions> = {},
): Promise<Result> {
  const store = await opened(dataDir, [entity], change);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

async function create(dataDir: string, entity: EntityModel, ...rows: readonly Row[]): Promise<void> {
  await within(dataDir, entity, async (store) => {
    const outcomes = await writeAll(store, rows.map((row) => createOf(entity, recordWith(entity, row)))); // prettier-ignore
    expect(outcomes.map(({ status }) => status)).toEqual(rows.map(() => "applied"));
  });
}

/** By name, as the entity reads it. */
async function read(store: Adapter, entity: EntityModel, key: string): Promise<{ [name: string]: unknown }> {
  const keys = [{ entity, key: [key] }];
  const [outcome] = await store.read({ keys, fields: undefined, consistency: undefined }, anyCall());
  const record = outcome?.status === "found" ? outcome.record : undefined;
  return Object.fromEntries(entity.fields.map(({ name, ordinal }) => [name, record?.[ordinal]]));
}

const get = (dataDir: string, entity: EntityModel, key: string): Promise<{ [name: string]: unknown }> =>
  within(dataDir, entity, (store) => read(store, entity, key));

const driftOf = (dataDir: string, entity: EntityModel): Promise<readonly string[]> =>
  within(dataDir, entity, async (store) => store.schema?.contract?.(entity).drift ?? []);

/** Keys of the rows that an index has for a value. */
async function found(store: Adapter, entity: EntityModel, name: string, value: Value): Promise<readonly unknown[]> {
  const ordinal = entity.fields.findIndex((field) => field.name === name);
  const plan = store.plan({ entity, where: { kind: "condition", op: "eq", ordinal, value }, order: [] });
  expect(plan.access.kind).toBe("index");
  const window = {
    limit: 100,
    maxBytes: 1e6,
    fields: undefined,
    visible: { deleted: false, now: NOW },
    consistency: undefined,
  };
  const { rows } = await store.scan(plan, window, anyCall()); // prettier-ignore
  return rows.map(([key]) => key);
}

const catalogOf = (dataDir: string): string => join(dataDir, "rows", "pannier.json");

interface Stored {
  readonly contracts: { [entity: string]: { revision: number; text: string }[] };
  readonly tables: object;
  readonly garbage: readonly number[];
}

// The store writes it.
const stored = async (dataDir: string): Promise<Stored> =>
  JSON.parse(await readFile(catalogOf(dataDir), "utf8")) as Stored;

describe("a field is its number", () => {
  it("renamed, rolled back, written, rolled forward: no write is lost", async () => {
    const dataDir = temporaryDirectory();
    const older = things([2, "a", text]);
    const newer = things([2, "b", text]);
    await create(dataDir, older, { id: "1", a: "first" });
    expect(await get(dataDir, newer, "1")).toEqual({ id: "1", b: "first" });
    await within(dataDir, older, async (store) => writeAll(store, [updateOf(older, { id: "1", a: "second" })]));
    expect(await get(dataDir, newer, "1")).toEqual({ id: "1", b: "second" });
  });

  it("removed, and its name under a new number: the old values are not lost, and not the new field's", async () => {
    const dataDir = temporaryDirectory();
    await create(dataDir, things([2, "a", text]), { id: "1", a: "old" });
    expect(await get(dataDir, things(), "1")).toEqual({ id: "1" });
    expect(await get(dataDir, things([7, "a", text]), "1")).toEqual({ id: "1", a: "" });
    expect(await get(dataDir, things([2, "z", text], [7, "a", text]), "1")).toEqual({ id: "1", z: "old", a: "" });
  });

  it("at every depth", async () => {
    const dataDir = temporaryDirectory();
    const holding = (name: string): EntityModel =>
      things([2, "box", { kind: "message", message: message("t.Box", [[1, name, text], [2, "size", int32]]) }], [3, "note", text]); // prettier-ignore
    const [older, newer] = [holding("label"), holding("title")];
    await create(dataDir, older, { id: "1", box: ["kept", 7] });
    await within(dataDir, newer, async (store) => writeAll(store, [updateOf(newer, { id: "1", note: "x" })]));
    expect(await get(dataDir, newer, "1")).toMatchObject({ box: ["kept", 7] });
  });

  it("a number inside an embedded message that was removed is not read as another type", async () => {
    const dataDir = temporaryDirectory();
    const boxed = (...fields: Parameters<typeof message>[1]): EntityModel => things([2, "box", { kind: "message", message: message("t.Box", fields) }]); // prettier-ignore
    const first = boxed([1, "label", text], [2, "size", int32]);
    await create(dataDir, first, { id: "1", box: ["l", 7] });
    expect(await driftOf(dataDir, boxed([1, "label", text]))).toEqual([]);
    const [refused] = await driftOf(dataDir, boxed([1, "label", text], [2, "weight", text]));
    expect(refused).toContain("box.weight: int32 → string");
    expect(await get(dataDir, first, "1")).toEqual({ id: "1", box: ["l", 7] });
  });
});

describe("a changed type", () => {
  const retyped: readonly (readonly [string, FieldType, Value, FieldType])[] = [
    ["decimal scale 2 → 4", decimal(10, 2), 1999n, decimal(10, 4)],
    ["int64 → uint64", int64, 7n, { kind: "uint64" }],
    ["int64 → int32", int64, 3_000_000_000n, int32],
    ["int32 → int64", int32, 7, int64],
    ["int64 → Timestamp", int64, 1n, { kind: "timestamp" }],
    ["int32 → bool", int32, 2, { kind: "bool" }],
    ["double → float", { kind: "double" }, 1e300, { kind: "float" }],
    ["string → Duration", text, "soon", { kind: "duration" }],
    ["string → bytes", text, "soon", { kind: "bytes" }],
    ["repeated int32 → string", { kind: "list", element: { kind: "int32" }, set: false }, [1], text],
  ];

  it.each(retyped)("%s is never read as something else", async (_, from, value, to) => {
    const dataDir = temporaryDirectory();
    const before = things([2, "value", from, { presence: true }]);
    await create(dataDir, before, { id: "1", value });
    const presence = to.kind === "string" && from.kind === "list" ? {} : { presence: true };
    const after = things([2, "value", to, presence]);
    expect(await driftOf(dataDir, after)).not.toEqual([]);
    await within(dataDir, after, async (store) => {
      await expect(read(store, after, "1")).rejects.toMatchObject({ reason: "SCHEMA_DRIFT" });
    });
    expect(await get(dataDir, before, "1")).toEqual({ id: "1", value });
  });

  it("takes out its entity alone", async () => {
    const dataDir = temporaryDirectory();
    const other = entityOf({ name: "t.Other", table: "others", fields: [id] });
    await create(dataDir, things([2, "n", int64]), { id: "1", n: 7n });
    const store = await opened(dataDir, [other, things([2, "n", int32])]);
    expect(store.schema?.contract?.(other).drift).toEqual([]);
    expect(await writeAll(store, [createOf(other, recordWith(other, { id: "1" }))])).toMatchObject([{ status: "applied" }]);
    await store.close();
  }); // prettier-ignore

  it("that is stored alike is served at once; a value that an older process cannot hold fails its own row", async () => {
    const dataDir = temporaryDirectory();
    const older = things([2, "n", { kind: "float" }], [3, "d", decimal(4, 1)]);
    const newer = things([2, "n", { kind: "double" }], [3, "d", decimal(9, 1)]);
    await create(dataDir, older, { id: "1", n: 0.5, d: 15n });
    await create(dataDir, newer, { id: "2", n: 0.1, d: 15n }, { id: "3", n: 0.5, d: 123_456n });
    expect(await get(dataDir, older, "1")).toEqual({ id: "1", n: 0.5, d: 15n });
    await within(dataDir, older, async (store) => {
      for (const key of ["2", "3"]) await expect(read(store, older, key)).rejects.toThrow("malformed");
    });
    expect(await get(dataDir, newer, "1")).toEqual({ id: "1", n: 0.5, d: 15n });
  });
});

describe("an older process", () => {
  const older = things([2, "a", text]);
  const newer = things([2, "a", text], [3, "b", text, { presence: true }]);

  it("leaves what it does not know in its Updates and Puts, and nothing of it after Delete and Create", async () => {
    const dataDir = temporaryDirectory();
    await create(dataDir, newer, ...["1", "2", "3"].map((key) => ({ id: key, a: "x", b: "kept" })), { id: "4", a: "x" });
    await within(dataDir, older, async (store) => {
      await writeAll(store, [
        updateOf(older, { id: "1", a: "y" }),
        putOf(older, recordWith(older, { id: "2", a: "z" })),
        { kind: "delete", entity: older, key: ["3"], now: NOW, soft: false, allowMissing: false },
        createOf(older, recordWith(older, { id: "3", a: "new" })),
        updateOf(older, { id: "4", a: "y" }),
      ]);
    });
    const rows = await within(dataDir, newer, (store) => Promise.all(["1", "2", "3", "4"].map((key) => read(store, newer, key))));
    expect(rows.map(({ b }) => b)).toEqual(["kept", "kept", undefined, undefined]);
    expect(rows.map(({ a }) => a)).toEqual(["y", "z", "new", "y"]);
  }); // prettier-ignore

  it("that keeps no index leaves none behind that says what is old", async () => {
    const dataDir = temporaryDirectory();
    const parts: EntityParts = { fields: [id, [2, "a", text]] };
    const indexed = entityOf({ ...parts, indexes: [{ name: "by_a", fields: ["a"] }] });
    await create(dataDir, indexed, { id: "1", a: "x" }, { id: "2", a: "x" });
    await within(dataDir, older, async (store) => writeAll(store, [updateOf(older, { id: "1", a: "y" })]), { tables: "off" });
    const [x, y] = await within(dataDir, indexed, async (store) => [await found(store, indexed, "a", "x"), await found(store, indexed, "a", "y")]);
    expect([x, y]).toEqual([["2"], ["1"]]);
  }); // prettier-ignore

  it("started in turns with a newer one writes no contract after the first", async () => {
    const dataDir = temporaryDirectory();
    for (const entity of [older, newer, older, newer, older]) await within(dataDir, entity, async () => {});
    expect((await stored(dataDir)).contracts["t.Thing"]?.map(({ revision }) => revision)).toEqual([1, 2]);
  });
});

describe("a unique index that is new", () => {
  const parts: EntityParts = { fields: [id, [2, "a", text]] };
  const plain = entityOf(parts);
  const unique = entityOf({ ...parts, indexes: [{ name: "one_a", fields: ["a"], unique: true }] });

  it("over equal rows takes its entity out until they differ; a look from outside cannot tell", async () => {
    const dataDir = temporaryDirectory();
    await create(dataDir, plain, { id: "1", a: "x" }, { id: "2", a: "x" });
    const seen = await within(dataDir, unique, (store) => store.schema!.verify(anyCall()), { tables: "inspect" });
    expect(seen).toMatchObject([{ additive: true }, { isUnknown: true, what: expect.stringContaining("index one_a") }]);
    expect(await driftOf(dataDir, unique)).toEqual([expect.stringContaining("equal values"), expect.stringContaining("equal values")]);
    await within(dataDir, plain, async (store) => writeAll(store, [updateOf(plain, { id: "2", a: "y" })]));
    expect(await driftOf(dataDir, unique)).toEqual([]);
    await within(dataDir, unique, async (store) => {
      expect(await found(store, unique, "a", "y")).toEqual(["2"]);
      expect(await writeAll(store, [createOf(unique, recordWith(unique, { id: "3", a: "y" }))])).toMatchObject([{ status: "failed" }]);
    });
  }); // prettier-ignore
});

describe("a conversion", () => {
  const index = { indexes: [{ name: "by_total", fields: ["total"] }] };
  const before = entityOf({ fields: [id, [2, "total", decimal(10, 2)], [3, "gone", text]], ...index });
  const after = entityOf({ fields: [id, [2, "total", decimal(12, 4)]], ...index });
  const rows = Array.from({ length: 25 }, (_, i) => ({ id: `r${i}`, total: BigInt(i - 12), gone: `kept ${i}` }));

  async function step(
    store: Adapter,
    entity: EntityModel,
    accept: readonly string[] = [],
  ): Promise<ConversionProgress> {
    return store.schema!.convert!({ entity, accept, rows: 4 }, anyCall(60_000));
  }

  async function finish(
    store: Adapter,
    entity: EntityModel,
    accept: readonly string[] = [],
  ): Promise<ConversionProgress> {
    for (;;) {
      const progress = await step(store, entity, accept);
      if (progress.status !== "running") return progress;
    }
  }

  async function expectConverted(dataDir: string): Promise<void> {
    await within(dataDir, after, async (store) => {
      for (const { id: key, total } of rows) expect(await read(store, after, key)).toEqual({ id: key, total: total * 100n });
      expect(await found(store, after, "total", 300n)).toEqual(["r15"]);
    });
    expect(await stored(dataDir)).toMatchObject({ garbage: [], conversions: {} });
    // What is no longer declared is kept.
    const back = entityOf({ fields: [id, [2, "total", decimal(12, 4)], [3, "gone", text]], ...index });
    expect(await get(dataDir, back, "r3")).toEqual({ id: "r3", total: -900n, gone: "kept 3" });
    expect(await driftOf(dataDir, before)).not.toEqual([]);
  } // prettier-ignore

  it("killed after any step is resumed, and every value is the same", async () => {
    const dataDir = temporaryDirectory();
    await create(dataDir, before, ...rows);
    const killed: string[] = [];
    await within(dataDir, after, async (store) => {
      for (let progress = await step(store, after); progress.status === "running"; progress = await step(store, after)) {
        const copy = temporaryDirectory();
        await cp(dataDir, copy, { recursive: true });
        killed.push(copy);
      }
    }, { tables: "off" }); // prettier-ignore
    await expectConverted(dataDir);
    expect(killed).toHaveLength(8);
    for (const [i, copy] of killed.entries()) {
      await within(copy, after, async (store) => {
        const progress = await step(store, after);
        expect(progress.copied).toBe(Math.min(25, 4 * (i + 1)));
        if (progress.status === "running") await finish(store, after);
      }, { tables: "off" }); // prettier-ignore
      await expectConverted(copy);
    }
  });

  it("begins anew where an older process has written meanwhile", async () => {
    const dataDir = temporaryDirectory();
    await create(dataDir, before, ...rows);
    await within(dataDir, after, async (store) => void [await step(store, after), await step(store, after)], { tables: "off" });
    await within(dataDir, before, async (store) => writeAll(store, [updateOf(before, { id: "r0", total: 77n })]));
    await within(dataDir, after, (store) => finish(store, after), { tables: "off" });
    expect(await get(dataDir, after, "r0")).toEqual({ id: "r0", total: 7_700n });
  }); // prettier-ignore

  it("that narrows waits to be asked, and one row that does not fit undoes it", async () => {
    const dataDir = temporaryDirectory();
    const wide = things([2, "n", int64]);
    const narrow = things([2, "n", int32]);
    await create(dataDir, wide, { id: "1", n: 7n }, { id: "2", n: 3_000_000_000n });
    const refused = { status: "refused" };
    expect(await within(dataDir, narrow, (store) => finish(store, narrow), { tables: "off" })).toMatchObject(refused);
    const accept = ["t.Thing.n"];
    const asked = await within(dataDir, narrow, (store) => finish(store, narrow, accept), { tables: "off" });
    expect(asked).toMatchObject({ ...refused, why: [expect.stringContaining("a value of n does not fit")] });
    expect(await get(dataDir, wide, "2")).toEqual({ id: "2", n: 3_000_000_000n });
    await within(dataDir, wide, async (store) => writeAll(store, [updateOf(wide, { id: "2", n: 8n })]));
    await within(dataDir, narrow, (store) => finish(store, narrow, accept), { tables: "off" });
    expect(await get(dataDir, narrow, "2")).toEqual({ id: "2", n: 8 });
  });

  it("drops a field by name, and an entity that is not declared any more", async () => {
    const dataDir = temporaryDirectory();
    await create(dataDir, before, ...rows);
    const bare = entityOf({ fields: [id, [2, "total", decimal(10, 2)]], ...index });
    await within(dataDir, bare, (store) => finish(store, bare, ["t.Thing.gone"]), { tables: "off" });
    expect(await get(dataDir, before, "r3")).toEqual({ id: "r3", total: -9n, gone: "" });
    const other = entityOf({ name: "t.Other", table: "others", fields: [id] });
    await within(dataDir, other, async (store) => {
      const plans = await store.schema!.plan!(anyCall());
      expect(plans.map(({ plan }) => plan.entity)).toEqual(["t.Other", "t.Thing"]);
      expect(await store.schema!.drop!({ entity: "t.Thing", rows: 10 }, anyCall())).toMatchObject({ status: "done", copied: 25 });
    });
    expect(await get(dataDir, before, "r3")).toEqual({ id: undefined, total: undefined, gone: undefined });
  }); // prettier-ignore
});

describe("a contract in the store", () => {
  const two = [things([2, "a", text]), entityOf({ name: "t.Other", table: "others", fields: [id] })] as const;

  it.each([
    ["that is damaged", "{", "it is not JSON"],
    ["of a newer version", '{"format":99}', "a newer one wrote it"],
  ])("%s takes out its entity alone, and stays as it is", async (_, damage, said) => {
    const dataDir = temporaryDirectory();
    await (await opened(dataDir, two)).close();
    const catalog = await stored(dataDir);
    for (const row of catalog.contracts["t.Thing"] ?? []) row.text = damage;
    await writeFile(catalogOf(dataDir), JSON.stringify(catalog));
    const store = await opened(dataDir, two);
    expect(store.schema?.contract?.(two[0]).drift).toEqual([expect.stringContaining(said)]);
    expect(store.schema?.contract?.(two[1]).drift).toEqual([]);
    await store.close();
    expect((await stored(dataDir)).contracts).toEqual(catalog.contracts);
  });

  it("of another entity with the same table is told", async () => {
    const dataDir = temporaryDirectory();
    await create(dataDir, two[0], { id: "1", a: "x" });
    const other = entityOf({ name: "t.Renamed", fields: [id, [2, "a", text]] });
    expect(await driftOf(dataDir, other)).toEqual([expect.stringContaining("holds the rows of t.Thing")]);
  });
});
