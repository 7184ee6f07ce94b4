// The module that is written for other languages: buf builds and lints it with nothing beside it.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { beforeAll, describe, expect, test } from "vitest";
import { protoModule, type ProtoModule } from "../../../src/codegen/proto-module.ts";
import { loadSchema } from "../../../src/schema/load-schema.ts";
import { compile } from "../../../src/schema/load/buf.ts";
import { vocabularyTexts } from "../../../src/schema/load/own-files.ts";
import { entity, proto, protoFolder } from "../schema/proto-folder.ts";

const buf = createRequire(import.meta.url).resolve("@bufbuild/buf/bin/buf");

async function moduleOf(...sources: readonly string[]): Promise<ProtoModule> {
  const schema = await loadSchema({ sources });
  expect(schema.findings).toEqual([]);
  return protoModule(schema);
}

/** What buf says in the folder; nothing when it is content. */
function bufSays(path: string, ...args: readonly string[]): string {
  const env = { PATH: process.env["PATH"], BUF_CACHE_DIR: `${path}/.cache`, HOME: path };
  const { stdout, stderr, status } = spawnSync(process.execPath, [buf, ...args], { cwd: path, env, encoding: "utf8" });
  return `${stdout}${stderr}${status === 0 ? "" : `status ${status}`}`;
}

/** Names and packages that languages and tools have for themselves. */
const odd: { readonly [name: string]: string } = {
  "odd/v1/words.proto": proto(
    `${entity(`string constructor = 2; string toString = 3; string __proto__ = 4; string class = 5; string import = 6;
  string def = 7; string type = 8; string self = 9; string descriptor = 10; map<string, int64> map = 11; oneof oneof { string func = 12; bytes package = 13; }
  Inner.Deep deep = 14; Inner.Kind kind = 15; google.type.Money price = 16; repeated Inner inners = 17;`)}
message Inner {
  message Deep { int64 int = 1; }
  enum Kind { KIND_UNSPECIFIED = 0; KIND_None = 1; }
  string None = 1;
}
message Unused { string a = 1; }
import "google/type/money.proto";`,
    'syntax = "proto3"',
    "odd.v1",
  ),
  "bare/thing.proto": proto(entity("optional int32 count = 2;", 'table: "bare"'), 'syntax = "proto2"', "bare").replace(
    "string id",
    "optional string id",
  ),
  "odd/v1/unused.proto": 'syntax = "proto3";\npackage odd.v1;\nmessage Nobody { string a = 1; }\n',
};

/** The entities of the golden pairs, without what is made of them. */
const golden = Object.fromEntries(
  readdirSync("test/golden", { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".proto") && !path.endsWith("_repository.proto"))
    .map((path) => [path, readFileSync(`test/golden/${path}`, "utf8")]),
);

describe.each([
  { source: "proto", files: undefined, lint: [] },
  { source: "test/entities", files: undefined, lint: [] },
  { source: "golden", files: golden, lint: [] },
  // Names that the schema chose stay as they are.
  {
    source: "odd",
    files: odd,
    lint: [/^repositories\/bare\/e_repository.*version/, /"toString" should be lower/, /"__proto__" should be lower/],
  },
])("the module of $source", ({ source, files, lint }) => {
  let module: ProtoModule;
  beforeAll(async () => {
    await using folder = await protoFolder(files);
    module = await moduleOf(files ? folder.path : source);
  });

  test("is built and linted by buf", { timeout: 240_000 }, async () => {
    await using folder = await protoFolder(Object.fromEntries(module.files));
    expect(module.findings).toEqual([]);
    expect(bufSays(folder.path, "build")).toBe("");
    const said = bufSays(folder.path, "lint").split("\n").filter((line) => line.includes(".proto:")); // prettier-ignore
    expect(said).toEqual(lint.map((text) => expect.stringMatching(text)));
    expect(bufSays(folder.path, "format", "repositories", "--diff")).toBe("");
  });

  test("names no file twice below its three roots, so that protoc takes them, too", () => {
    const names = [...module.files.keys()].filter((path) => path.endsWith(".proto")).map((path) => path.replace(/^[a-z]+\//, "")); // prettier-ignore
    expect(new Set(names).size).toBe(names.length);
    expect(names).not.toContain("google/protobuf/timestamp.proto");
  });
});

test("has the golden files, byte for byte", async () => {
  await using folder = await protoFolder(golden);
  const { files } = await moduleOf(folder.path);
  const made = [...files.keys()].filter((path) => path.startsWith("repositories/"));
  expect(made).toHaveLength(5);
  for (const path of made) {
    expect(Buffer.from(files.get(path) ?? "").toString()).toBe(readFileSync(path.replace("repositories", "test/golden"), "utf8")); // prettier-ignore
  }
});

test("copies what the repositories import, and no more", async () => {
  await using folder = await protoFolder(odd);
  const { files } = await moduleOf(folder.path);
  expect([...files.keys()].filter((path) => !path.startsWith("imports/pannier/"))).toEqual([
    "buf.yaml",
    "entities/bare/thing.proto",
    "entities/odd/v1/words.proto",
    "imports/google/type/money.proto",
    "repositories/bare/e_repository.proto",
    "repositories/odd/v1/e_repository.proto",
  ]);
  expect(Buffer.from(files.get("entities/odd/v1/words.proto") ?? "").toString()).toBe(odd["odd/v1/words.proto"]);
});

test("is the same whatever the order of the sources", async () => {
  expect(await moduleOf("proto/../proto", "test/entities")).toEqual(await moduleOf("test/entities", "proto"));
});

test("wants the text of what came in a descriptor set, and takes it from a directory beside it", async () => {
  await using folder = await protoFolder({ "protos/odd/v1/e.proto": proto(entity(""), 'syntax = "proto3"', "odd.v1") });
  const text = new Map([["odd/v1/e.proto", readFileSync(`${folder.path}/protos/odd/v1/e.proto`)]]);
  const compiled = await compile(new Map([...text, ...(await vocabularyTexts())]));
  const set = await folder.write("schema.binpb", compiled.ok ? compiled.set : "");
  expect((await moduleOf(set)).findings).toMatchObject([
    { file: "odd/v1/e.proto", what: expect.stringContaining("descriptor set") },
  ]);
  const both = await moduleOf(set, `${folder.path}/protos`);
  expect(both.findings).toEqual([]);
  expect([...both.files.keys()]).toContain("entities/odd/v1/e.proto");
});
