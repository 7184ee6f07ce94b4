// Generated modules of every kind of field, against a served process; what the sidecar has is read by another client, from reflection.
import { mkdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Duration, Timestamp } from "pannier/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runPannier, startSidecar, testEntities, type Sidecar } from "../integration/sidecar.ts";

/** As much of it as is called here: the modules are made by the test, so the compiler knows nothing of them. */
interface Client extends AsyncDisposable {
  readonly test: {
    readonly everythings: {
      create(entity: object): Promise<object>;
      get(key: object): Promise<object>;
      update(key: object, changes: object): Promise<object>;
      count(query: object): Promise<number>;
    };
  };
}

interface Index {
  connect(options: { readonly target: string }): Promise<Client>;
}

/** Each value as the client has it, and as protobuf's JSON has it. */
const values: readonly (readonly [name: string, value: unknown, json: unknown])[] = [
  ["stringValue", "ünï", "ünï"],
  ["bytesValue", new Uint8Array([0, 255]), "AP8="],
  ["boolValue", false, false],
  ["int32Value", -5, -5],
  ["sint32Value", -6, -6],
  ["sfixed32Value", -7, -7],
  ["int64Value", -(2n ** 63n), "-9223372036854775808"],
  ["sint64Value", -9n, "-9"],
  ["sfixed64Value", -10n, "-10"],
  ["uint32Value", 4_294_967_295, 4_294_967_295],
  ["fixed32Value", 12, 12],
  ["uint64Value", 2n ** 64n - 1n, "18446744073709551615"],
  ["fixed64Value", 14n, "14"],
  ["floatValue", 0.5, 0.5],
  ["doubleValue", -0.1, -0.1],
  ["color", "ultraviolet", "COLOR_ULTRAVIOLET"],
  ["int32Plain", 7, 7],
  ["colorPlain", "red", "COLOR_RED"],
  ["moneyDecimal", "12.50", "12.50"],
  ["hugeDecimal", "-123456789012345678901234567890", "-123456789012345678901234567890"],
  ["happenedAt", Timestamp.parse("2026-01-02T03:04:05.678Z"), "2026-01-02T03:04:05.678Z"],
  ["took", Duration.parse("1.5s"), "1.500s"],
  ["document", { a: [1, "x", null, true] }, { a: [1, "x", null, true] }],
  ["stringWrapper", "", ""],
  ["int64Wrapper", 5n, "5"],
  ["boolWrapper", false, false],
  ["strings", ["a", ""], ["a", ""]],
  ["blobs", [new Uint8Array([1])], ["AQ=="]],
  ["int64s", [1n, -1n], ["1", "-1"]],
  ["doubles", [1.5], [1.5]],
  ["colors", ["green", "ultraviolet"], ["COLOR_GREEN", "COLOR_ULTRAVIOLET"]],
  ["moments", [Timestamp.parse("2026-01-02T00:00:00Z")], ["2026-01-02T00:00:00Z"]],
  ["labels", { constructor: "own", b: "" }, { constructor: "own", b: "" }],
  ["byInt32", { "-3": "x" }, { "-3": "x" }],
  ["byUint32", { "7": 1.25 }, { "7": 1.25 }],
  ["byBool", { true: 1n }, { true: "1" }],
  ["bySint64", { "-4": "blue" }, { "-4": "COLOR_BLUE" }],
  ["byFixed32", { "9": Timestamp.parse("2026-01-02T00:00:00Z") }, { "9": "2026-01-02T00:00:00Z" }],
  ["colorChoice", "green", "COLOR_GREEN"],
  ["group", "a word of SQL", "a word of SQL"],
];

const root = fileURLToPath(new URL("../..", import.meta.url));
let folder: string;
let sidecar: Sidecar;
let client: Client;

beforeAll(async () => {
  sidecar = await startSidecar({ descriptors: testEntities, environment: { PANNIER_STORES_DEFAULT_URL: "memory:" } });
  mkdirSync(join(root, ".cache"), { recursive: true });
  folder = await mkdtemp(join(root, ".cache/generated-")); // within the package, so that `pannier/client` is its own
  const made = await runPannier(["generate", "typescript", "--descriptors", testEntities, "--out", folder]);
  if (made.code !== 0) throw new Error(made.err);
  const index: Index = await import(join(folder, "index.ts"));
  client = await index.connect({ target: sidecar.address });
});

afterAll(async () => {
  await client[Symbol.asyncDispose]();
  await sidecar.dispose();
  await rm(folder, { recursive: true, force: true });
});

const read = () => sidecar.call("test.v1.EverythingRepository/Get", { key: { id: "e-1" } });

test("a value of every kind arrives as it was meant, and comes back", async () => {
  const detail = { name: "outer", amount: 3n, tags: ["t"], counts: { n: 1n }, inner: { ratio: 0.25, unitNumber: 0 } };
  const entity = { id: "e-1", detail, ...Object.fromEntries(values.map(([name, value]) => [name, value])) };
  const created = await client.test.everythings.create(entity);
  expect(created).toMatchObject({
    ...entity,
    detail: { name: "outer", amount: 3n, inner: { ratio: 0.25, amount: 0n } },
  });
  expect(await client.test.everythings.get({ id: "e-1" })).toEqual(created);
  const json = Object.fromEntries(values.map(([name, , text]) => [name, text]));
  expect(await read()).toMatchObject({
    ok: true,
    json: {
      entity: {
        ...json,
        detail: { name: "outer", amount: "3", tags: ["t"], counts: { n: "1" }, inner: { ratio: 0.25, unitNumber: 0 } },
      },
    },
  });
});

test("an update and a condition name fields as the sidecar does", async () => {
  const changes = { group: "other", stringChoice: "s", color: null, labels: { a: "1" } };
  await client.test.everythings.update({ id: "e-1" }, changes);
  const found = await read();
  expect(found).toMatchObject({ json: { entity: { group: "other", stringChoice: "s", labels: { a: "1" } } } });
  expect(found).not.toHaveProperty("json.entity.color");
  expect(found).not.toHaveProperty("json.entity.colorChoice");
  const where = {
    colors: { has: "ultraviolet" },
    uint64Value: { gte: 2n ** 64n - 1n },
    byBool: { isEmpty: false },
    happenedAt: { lt: new Date("2026-01-03") },
  };
  expect(await client.test.everythings.count({ where, allowScan: true })).toBe(1);
  expect(await client.test.everythings.count({ where: { ...where, colorPlain: "blue" }, allowScan: true })).toBe(0);
});
