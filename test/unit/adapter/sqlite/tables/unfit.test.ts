/** Entities that a file cannot carry are told, and take nobody with them. */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { loadSchema } from "../../../../../src/schema/load-schema.ts";
import type { EntityModel } from "../../../../../src/model/entity.ts";
import { anyCall, createOf, openStore, recordWith, temporaryDirectory, writeAll } from "../store.ts";

const fields = Array.from({ length: 2_000 }, (_, i) => `optional int32 f${i} = ${i + 2};`).join("\n");

/** By message: what is said, or undefined where it is carried. */
const cases: readonly (readonly [message: string, options: string, fields: string, says: RegExp | undefined])[] = [
  ["Fine", "", "", undefined],
  ["SqliteNote", "", "", /the name sqlite_notes is reserved/],
  ["OurRequest", 'table: "_pannier_requests"', "", /the name _pannier_requests is reserved/],
  [
    "NamedIndex",
    'indexes: {fields: "a", physical: "sqlite_x"}',
    "optional string a = 2;",
    /the name sqlite_x is reserved/,
  ],
  ["OneA", 'table: "a", indexes: {fields: "a", name: "x"}', "optional string a = 2;", undefined],
  ["OneB", 'table: "A__X"', "", undefined],
  ["OneC", 'table: "_c", indexes: {fields: "a", name: "x"}', "optional string a = 2;", undefined],
  ["OneD", 'table: "_C__X__UNIQUE"', "", undefined],
  ["SharedOne", 'indexes: {fields: "a", physical: "GSI1"}', "optional string a = 2;", undefined],
  ["SharedTwo", 'indexes: {fields: "a", physical: "gsi1"}', "optional string a = 2;", undefined],
  ["SharedThree", 'indexes: {fields: "a", physical: "wides"}', "optional string a = 2;", undefined],
  ["Wide", "", fields, /2001 stored fields.*at most 2000/],
  ["ExpiryTaken", 'table: "expirings__expiry"', "", undefined],
  [
    "Expiring",
    "",
    "google.protobuf.Timestamp expiry = 2 [(pannier.v1.field) = {index: true, expires_at: true}];",
    undefined,
  ],
];

async function entities(): Promise<readonly EntityModel[]> {
  const directory = await mkdtemp(join(tmpdir(), "pannier-unfit-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const messages = cases.map(
    ([name, options, more]) =>
      `message ${name} { option (pannier.v1.entity) = { key: {partition: "id"} ${options} }; string id = 1; ${more} }`,
  );
  const header = `syntax = "proto3"; package unfit.v1;
    import "google/protobuf/timestamp.proto"; import "pannier/v1/annotations.proto";`;
  await writeFile(join(directory, "unfit.proto"), [header, ...messages].join("\n"));
  const schema = await loadSchema({ sources: [directory] });
  expect(schema.findings).toEqual([]);
  return schema.entities.map(({ model }) => model).toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

it("says of each entity whether and why its file cannot carry it, and carries all others", async () => {
  const models = await entities();
  const store = await openStore(models);
  onTestFinished(() => store.close());
  for (const [name, , , says] of cases) {
    const model = models.find((each) => each.name === `unfit.v1.${name}`)!;
    expect(store.unfit?.get(model) ?? "carried", name).toMatch(says ?? /^carried$/);
  }
  const carried = models.filter((model) => !store.unfit?.has(model));
  for (const model of carried)
    expect(await writeAll(store, [createOf(model, recordWith(model, { id: "k" }))]), model.name).toMatchObject([
      { status: "applied" },
    ]);
  expect(await store.schema?.verify(anyCall())).toEqual([]);
});

it("an index whose name is taken has another, which stays, and which is told", async () => {
  const models = await entities();
  const named = (name: string): EntityModel => models.find((model) => model.name === `unfit.v1.${name}`)!;
  const [one, two, table] = [named("SharedOne"), named("SharedTwo"), named("OneB")];
  const dataDir = temporaryDirectory();
  const indexesIn = async (given: readonly EntityModel[], asked: EntityModel): Promise<readonly string[]> => {
    const store = await openStore(given, { dataDir });
    try {
      expect(await store.schema?.verify(anyCall())).toEqual([]);
      return store.schema?.contract?.(asked).indexes ?? [];
    } finally {
      await store.close();
    }
  };
  expect(await indexesIn([two], two)).toEqual(["gsi1"]);
  const [other] = await indexesIn([one, two], one);
  expect(other).toMatch(/^GSI1__[0-9a-f]{8}$/);
  expect(await indexesIn([one, two], two)).toEqual(["gsi1"]);
  expect(await indexesIn([one], one)).toEqual([other]);
  expect(await indexesIn([named("OneA"), table], named("OneA"))).toEqual([
    expect.stringMatching(/^a__x__[0-9a-f]{8}$/),
  ]);
});

it("a table whose name an index has already keeps its own entity from being served, and no other", async () => {
  const models = await entities();
  const [first, later] = ["OneA", "OneB"].map((name) => models.find((model) => model.name === `unfit.v1.${name}`)!);
  const dataDir = temporaryDirectory();
  await (await openStore([first!], { dataDir })).close();
  const store = await openStore([first!, later!], { dataDir });
  onTestFinished(() => store.close());
  expect(await store.schema?.verify(anyCall())).toMatchObject([
    { entity: "unfit.v1.OneB", what: "its name is that of an index of a; give it another `table`", additive: false },
  ]);
  expect(await writeAll(store, [createOf(first!, recordWith(first!, { id: "k" }))])).toMatchObject([
    { status: "applied" },
  ]);
});
