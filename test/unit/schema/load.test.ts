/** Sources of every shape load, and what is wrong with them is told plainly. */

import { mkdir, readdir, readFile, symlink, truncate } from "node:fs/promises";
import { join } from "node:path";
import { create, toBinary, type MessageInitShape } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema, type FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { describe, expect, test } from "vitest";
import { formatFindings } from "../../../src/schema/finding.ts";
import { loadFiles } from "../../../src/schema/load.ts";
import { compile } from "../../../src/schema/load/buf.ts";
import { vocabularyTexts } from "../../../src/schema/load/own-files.ts";
import { loadSchema } from "../../../src/schema/load-schema.ts";
import { entity, proto, protoFolder } from "./proto-folder.ts";

const good = proto(entity("optional string a = 2;"));

async function names(source: string, ...more: readonly string[]): Promise<readonly string[]> {
  const { entities, findings } = await loadSchema({ sources: [source, ...more] });
  expect(formatFindings(findings)).toBe("");
  return entities.map(({ model }) => model.name);
}

async function found(...sources: readonly string[]): Promise<string> {
  const { findings, entities } = await loadSchema({ sources });
  expect(entities).toEqual([]);
  return formatFindings(findings);
}

async function compiled(files: { readonly [name: string]: string }): Promise<Uint8Array> {
  const texts = new Map(Object.entries(files).map(([name, text]) => [name, Buffer.from(text) as Uint8Array]));
  for (const [name, text] of await vocabularyTexts()) texts.set(name, text);
  const result = await compile(texts);
  if (!result.ok) throw new Error(JSON.stringify(result.complaints));
  return result.set;
}

function set(...file: readonly MessageInitShape<typeof FileDescriptorProtoSchema>[]): Uint8Array {
  return toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file: [...file] }));
}

describe("a directory", () => {
  test("needs no pannier/v1 and no buf.yaml", async () => {
    await using folder = await protoFolder({ "p/v1/e.proto": good });
    expect(await names(folder.path)).toEqual(["p.v1.E"]);
  });

  test("may say in buf.yaml where imports begin", async () => {
    const user = 'syntax = "proto3"; package q.v1; import "p/v1/e.proto"; message User { p.v1.E e = 1; }';
    await using folder = await protoFolder({
      "buf.yaml":
        "version: v2\nmodules: [{path: one}, {path: two, excludes: [two/old]}]\ndeps: [buf.build/acme/none]\n",
      "one/p/v1/e.proto": good,
      "two/q/v1/user.proto": user,
      "two/old/broken.proto": "nonsense",
    });
    expect(await names(folder.path)).toEqual(["p.v1.E"]);
  });

  test("may be of the first version of buf's workspaces", async () => {
    await using folder = await protoFolder({
      "buf.work.yaml": "version: v1\ndirectories: [one]\n",
      "one/p/v1/e.proto": good,
    });
    expect(await names(folder.path)).toEqual(["p.v1.E"]);
  });

  test("may hold foreign protos", async () => {
    await using folder = await protoFolder({ "p/v1/e.proto": good });
    for (const name of ["google/rpc/status.proto", "google/rpc/error_details.proto", "grpc/health/v1/health.proto"]) {
      await folder.write(name, await readFile(join("proto", name)));
    }
    await folder.write("google/protobuf/timestamp.proto", "a copy that nobody reads");
    expect(await names(folder.path)).toEqual(["p.v1.E"]);
  });

  test("may hold what the server speaks under other import names", async () => {
    const status = await readFile(join("proto", "google/rpc/status.proto"), "utf8");
    await using folder = await protoFolder({ "p/v1/e.proto": good, "vendor/google/rpc/status.proto": status });
    const { descriptors, findings } = await loadSchema({ sources: [folder.path] });
    expect(findings).toEqual([]);
    expect(descriptors.fileOfSymbol("google.rpc.Status")).toBe("vendor/google/rpc/status.proto");
    expect(descriptors.fileOfSymbol("google.rpc.ErrorInfo")).toBe("google/rpc/error_details.proto");
  });

  test("may hold an older pannier/v1, which is not read", async () => {
    await using folder = await protoFolder({ "p/v1/e.proto": good, "pannier/v1/annotations.proto": "an older copy" });
    const { entities, notices } = await loadSchema({ sources: [folder.path] });
    expect(entities).toHaveLength(1);
    expect(formatFindings(notices)).toContain("pannier/v1/annotations.proto: differs from");
  });

  test("may consist of links, as mounted configuration does", async () => {
    await using folder = await protoFolder({ "..data/e.proto": good });
    await mkdir(join(folder.path, "p"));
    await symlink(join(folder.path, "..data/e.proto"), join(folder.path, "p/e.proto"));
    await symlink(folder.path, join(folder.path, "p/circle"));
    expect(await names(folder.path)).toEqual(["p.v1.E"]);
  });

  test("may import from another one", async () => {
    const user = 'syntax = "proto3"; package q.v1; import "p/v1/e.proto"; message User { p.v1.E e = 1; }';
    await using one = await protoFolder({ "p/v1/e.proto": good });
    await using two = await protoFolder({ "q/v1/user.proto": user, "p/v1/e.proto": good });
    expect(await names(two.path, one.path)).toEqual(["p.v1.E"]);
  });

  test("is refused with the compiler's words and their place", async () => {
    await using folder = await protoFolder({
      "a.proto": 'syntax = "proto3";\nmessage A {\n  strin x = 1;\n}\n',
      "b.proto": "?",
    });
    const told = await found(folder.path);
    expect(told).toContain(`${join(folder.path, "a.proto")}:3:3: cannot find \`strin\` in this scope`);
    expect(told).toContain(join(folder.path, "b.proto"));
  });

  test("is refused when an import is missing", async () => {
    await using folder = await protoFolder({ "a.proto": 'syntax = "proto3";\nimport "not/here.proto";\n' });
    expect(await found(folder.path)).toMatch(
      /a\.proto:2:1: imports not\/here\.proto, which no directory holds; put it into the directory/,
    );
  });

  test("is refused when it holds nothing", async () => {
    await using folder = await protoFolder({ "readme.txt": "" });
    expect(await found(folder.path)).toContain("holds no .proto file");
  });

  test("is refused when nothing in it is an entity", async () => {
    await using folder = await protoFolder({ "a.proto": 'syntax = "proto3"; message A {}' });
    expect(await found(folder.path)).toContain("no message is an entity");
  });

  test("is refused when another one has the same file with other content", async () => {
    await using one = await protoFolder({ "p/v1/e.proto": good });
    await using two = await protoFolder({ "p/v1/e.proto": `${good}message More {}` });
    expect(await found(one.path, two.path)).toContain(
      `is also in ${join(one.path, "p/v1/e.proto")}, with other content`,
    );
  });
});

describe("directories", () => {
  test("may hold the same file with other comments", async () => {
    await using one = await protoFolder({ "p/v1/e.proto": good });
    await using two = await protoFolder({ "p/v1/e.proto": `/* Not so. */\n${good.replaceAll(";", " ;\r\n")}// more` });
    expect(await names(one.path, two.path)).toEqual(["p.v1.E"]);
    await using three = await protoFolder({ "p/v1/e.proto": good.replace('"id"', '"i d"') });
    expect(await found(one.path, three.path)).toContain("with other content");
  });

  test("may hold one message name in two packages and one folder", async () => {
    const body = entity("optional string a = 2;", 'table: "other"');
    await using folder = await protoFolder({ "one.proto": good, "two.proto": proto(body, undefined, "q.v1") });
    expect(await names(folder.path)).toEqual(["p.v1.E", "q.v1.E"]);
  });
});

describe("files that many schemas import", () => {
  const user = proto(
    entity(`
      google.type.Money price = 2 [(google.api.field_behavior) = OPTIONAL];
      google.type.LatLng place = 3 [(buf.validate.field).required = true];
      string name = 4 [(buf.validate.field).string = {min_len: 1, max_len: 9}];
      repeated google.rpc.Status problems = 5;
    `).replace("{\n", '{\n  option (google.api.resource) = {type: "p.example.com/E", pattern: "es/{e}"};\n'),
  ).replace(
    "package p.v1;",
    `package p.v1;
import "google/type/money.proto";
import "google/type/latlng.proto";
import "google/api/annotations.proto";
import "google/api/field_behavior.proto";
import "google/api/resource.proto";
import "google/rpc/status.proto";
import "buf/validate/validate.proto";`,
  );

  test("are there without being given, and what their options say is not looked at", async () => {
    await using folder = await protoFolder({ "p/v1/e.proto": user });
    const { entities, findings, descriptors } = await loadSchema({ sources: [folder.path] });
    expect(formatFindings(findings)).toBe("");
    const [model] = entities.map((each) => each.model);
    expect(model!.fields.map(({ name, type }) => [name, type.kind])).toEqual([
      ["id", "string"],
      ["price", "message"],
      ["place", "message"],
      ["name", "string"],
      ["problems", "list"],
    ]);
    expect(model!.fields.some(({ required }) => required)).toBe(false);
    expect(descriptors.fileByName("buf/validate/validate.proto")).toBeDefined();
  });

  test("give way to a source's own", async () => {
    const money = 'syntax = "proto3"; package google.type; message Money { string all_of_it = 7; }';
    await using folder = await protoFolder({ "p/v1/e.proto": user, "google/type/money.proto": money });
    await using other = await protoFolder({ "p/v1/e.proto": user });
    const set = await other.write("set.binpb", await compiled({ "google/type/money.proto": money }));
    for (const sources of [[folder.path], [other.path, set], [set, other.path]]) {
      const { entities, findings } = await loadSchema({ sources });
      expect(formatFindings(findings)).toBe("");
      const { type } = entities[0]!.model.fields[1]!;
      expect(type.kind === "message" && type.message.fields.map(({ name }) => name)).toEqual(["all_of_it"]);
    }
  });
});

describe("a path", () => {
  test("that is not there is refused", async () => {
    expect(await found("no/such/path")).toContain("no/such/path: there is no such file or directory");
  });

  test("of a single .proto file is refused", async () => {
    await using folder = await protoFolder({ "a.proto": good });
    expect(await found(join(folder.path, "a.proto"))).toContain("give the directory that its imports begin at");
  });
});

describe("a descriptor set", () => {
  test("loads, and merges with a directory that has the same file", async () => {
    await using folder = await protoFolder({
      "dir/p/v1/e.proto": good,
      "set.binpb": await compiled({ "p/v1/e.proto": good }),
    });
    expect(await names(join(folder.path, "set.binpb"), join(folder.path, "dir"))).toEqual(["p.v1.E"]);
  });

  test("needs neither google/protobuf nor pannier/v1", async () => {
    const { files } = await loadFiles({ sources: ["test/entities"] });
    const own = files.filter(({ proto }) => proto.name.startsWith("test/")).map(({ proto }) => proto);
    await using folder = await protoFolder({ "set.binpb": set(...own) });
    expect((await names(join(folder.path, "set.binpb"))).length).toBeGreaterThan(10);
  });

  test.each([
    ["is empty", new Uint8Array(), /is an empty file/],
    ["is text", Buffer.from('syntax = "proto3";\n'), /is no descriptor set/],
    ["is noise", Buffer.from(Array.from({ length: 999 }, (_, i) => (i * 7919) % 256)), /is no descriptor set/],
    ["is another message", set({ name: "no-proto-name" }), /is no descriptor set: .*without a name/],
    [
      "lacks an import",
      set({ name: "a.proto", dependency: ["b.proto"] }),
      /a\.proto: imports b\.proto, which no source holds/,
    ],
    [
      "imports in a circle",
      set({ name: "a.proto", dependency: ["b.proto"] }, { name: "b.proto", dependency: ["a.proto"] }),
      /which imports it in turn/,
    ],
    [
      "names types that are not there",
      set({
        name: "a.proto",
        syntax: "proto3",
        messageType: [{ name: "A", field: [{ name: "b", number: 1, type: 11, label: 1, typeName: ".B" }] }],
      }),
      /a\.proto: its descriptors cannot be used/,
    ],
    [
      "has an edition of the future",
      set({ name: "a.proto", syntax: "editions", edition: 99_997 }),
      /a\.proto: its descriptors cannot be used/,
    ],
    [
      "declares a name twice",
      set({ name: "a.proto", messageType: [{ name: "A" }] }, { name: "b.proto", messageType: [{ name: "A" }] }),
      /b\.proto: declares A, as a\.proto does/,
    ],
  ])("is refused when it %s", async (_, bytes, what) => {
    await using folder = await protoFolder({ "set.binpb": bytes });
    expect(await found(join(folder.path, "set.binpb"))).toMatch(what);
  });

  test("is refused when it is cut short", async () => {
    await using folder = await protoFolder({ "set.binpb": await compiled({ "p/v1/e.proto": good }) });
    await truncate(join(folder.path, "set.binpb"), 5000);
    expect(await found(join(folder.path, "set.binpb"))).toContain("is no descriptor set");
  });

  test("is refused when another has the same file with other content", async () => {
    const one = await compiled({ "p/v1/e.proto": good });
    const two = await compiled({ "p/v1/e.proto": proto(entity("optional string b = 2;")) });
    await using folder = await protoFolder({ "one.binpb": one, "two.binpb": two });
    const told = await found(join(folder.path, "one.binpb"), join(folder.path, "two.binpb"));
    expect(told).toMatch(/p\/v1\/e\.proto: .*two\.binpb and .*one\.binpb both hold it, with different content/);
  });

  test("is refused when it was made with annotations that are unknown here", async () => {
    const texts = new Map(await vocabularyTexts());
    const annotations = Buffer.from(texts.get("pannier/v1/annotations.proto") ?? []).toString();
    const newer = annotations
      .replace("message EntityOptions {", "message EntityOptions {\n  bool novelty = 99;")
      .replace("GENERATE_UNSPECIFIED = 0;", "GENERATE_UNSPECIFIED = 0;\n  GENERATE_NOVELTY = 77;");
    texts.set("pannier/v1/annotations.proto", Buffer.from(newer));
    const body = entity("string a = 2 [(pannier.v1.field).generate = GENERATE_NOVELTY];", "novelty: true");
    texts.set("p/v1/e.proto", Buffer.from(proto(body)));
    const result = await compile(texts);
    if (!result.ok) throw new Error(JSON.stringify(result.complaints));
    await using folder = await protoFolder({ "set.binpb": result.set });
    const told = await found(join(folder.path, "set.binpb"));
    expect(told).toContain("has annotations of number 99, which this Pannier does not know");
    expect(told).toContain("has a generator of number 77, which is unknown");
  });

  test("may differ from another in its comments alone", async () => {
    const one = await compiled({ "p/v1/e.proto": good });
    const two = await compiled({ "p/v1/e.proto": `// A comment.\n${good}` });
    await using folder = await protoFolder({ "one.binpb": one, "two.binpb": two });
    expect(await names(join(folder.path, "one.binpb"), join(folder.path, "two.binpb"))).toEqual(["p.v1.E"]);
  });
});

describe("the cache", () => {
  async function kept(path: string): Promise<readonly string[]> {
    return (await readdir(path)).filter((name) => name.startsWith("descriptors-"));
  }

  test("is used for the same content, and not for other content", async () => {
    await using folder = await protoFolder({ "dir/e.proto": good });
    const options = { sources: [join(folder.path, "dir")], cacheDir: join(folder.path, "cache") };
    const first = await loadFiles(options);
    expect(await kept(options.cacheDir)).toHaveLength(1);
    const second = await loadFiles(options);
    expect(second.files.map(({ bytes }) => bytes?.length)).toEqual(first.files.map(({ bytes }) => bytes?.length));
    await folder.write("dir/e.proto", good.replace("a = 2", "b = 2"));
    const { entities } = await loadSchema(options);
    expect(entities[0]?.model.fields.map(({ name }) => name)).toEqual(["id", "b"]);
    expect(await kept(options.cacheDir)).toHaveLength(2);
  });

  test("is not trusted when it was damaged", async () => {
    await using folder = await protoFolder({ "dir/e.proto": good });
    const cacheDir = join(folder.path, "cache");
    const options = { sources: [join(folder.path, "dir")], cacheDir };
    await loadFiles(options);
    await truncate(join(cacheDir, (await kept(cacheDir))[0] ?? ""), 4000);
    expect((await loadFiles(options)).findings).toEqual([]);
  });

  test("may be a place that cannot be written", async () => {
    await using folder = await protoFolder({ "dir/e.proto": good, cache: "a file" });
    const { findings } = await loadFiles({ sources: [join(folder.path, "dir")], cacheDir: join(folder.path, "cache") });
    expect(findings).toEqual([]);
  });
});

test("300 entities load", async () => {
  await using folder = await protoFolder();
  const fields = Array.from({ length: 20 }, (_, i) => `optional string f${i} = ${i + 2};`).join("\n");
  for (let i = 0; i < 300; i++) {
    await folder.write(`p/v1/e${i}.proto`, proto(entity(fields).replace("message E", `message E${i}`)));
  }
  expect(await names(folder.path)).toHaveLength(300);
});
