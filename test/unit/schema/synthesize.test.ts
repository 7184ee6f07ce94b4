/** The synthesized service is the golden one, prints as it, compiles to itself, and lints. */

import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { beforeAll, describe, expect, test } from "vitest";
import { compile } from "../../../src/schema/load/buf.ts";
import { parseDescriptorSet } from "../../../src/schema/load/descriptor-set.ts";
import { vocabularyTexts } from "../../../src/schema/load/own-files.ts";
import { readProtoDirectory } from "../../../src/schema/load/proto-directory.ts";
import { printFile } from "../../../src/schema/print.ts";
import { synthesize } from "../../../src/schema/synthesize.ts";
import { synthesizedNames } from "../../../src/schema/synthesize/names.ts";
import { printAll, withoutSourceInfo, type Printed } from "./printed.ts";
import { entity, proto, protoFolder } from "./proto-folder.ts";

describe("the golden pairs", () => {
  const names = ["shop/v1/order", "kinds/v1/device", "legacy/v1/machine", "edition/v1/http_route2", "parcel/v1/shipment"]; // prettier-ignore
  let printed: readonly Printed[];

  beforeAll(async () => {
    printed = await printAll("test/golden");
  });

  test.each(names)("are printed byte for byte (%s)", async (name) => {
    const found = printed.find(({ file }) => file.name === `example/${name}_repository.proto`);
    expect(found?.text).toBe(await readFile(`test/golden/example/${name}_repository.proto`, "utf8"));
  });

  test("are all there are", () => {
    expect(printed).toHaveLength(names.length);
  });

  test("come out the same twice", () => {
    for (const { entity, annotations, file, text } of printed) {
      const again = synthesize(entity, annotations);
      expect(toBinary(FileDescriptorProtoSchema, again)).toEqual(toBinary(FileDescriptorProtoSchema, file));
      expect(printFile(again)).toBe(text);
    }
  });
});

/** Entities that no golden file has: names that hide others, options that editions refuse, reserved numbers everywhere. */
const odd: { readonly [name: string]: string } = {
  "odd/google/v1/thing.proto": proto(
    `${entity("StatusPredicate status = 2; StatusListPredicate other = 3; Status google = 4; repeated StatusPredicate statuses = 5; map<string, Status> by = 6;")}
enum StatusPredicate { S_UNSPECIFIED = 0; }
enum StatusListPredicate { L_UNSPECIFIED = 0; }
message Status { reserved 1; }`,
    'syntax = "proto3"',
    "odd.google.v1",
  ),
  "odd/v1/old.proto": proto(
    `option java_string_check_utf8 = true;
option java_outer_classname = "Old";
option optimize_for = LITE_RUNTIME;
option cc_generic_services = true;
option objc_class_prefix = "a\\"b\\\\c";
message Old {
  option (pannier.v1.entity) = { key: { partition: "id" } };
  optional string id = 1;
  optional group Part = 2 { optional string a = 1; }
  extensions 100 to 199;
  reserved 18000 to 21000, 536870911;
  reserved "any", "some";
  optional google.protobuf.Timestamp gone = 3 [(pannier.v1.field).deleted_at = true];
}`,
    'syntax = "proto2"',
    "odd.v1",
  ),
  "odd/v1/next.proto": proto(
    `message Next {
  option (pannier.v1.entity) = { key: { partition: ["kind", "id"] } };
  string id = 1;
  Kind kind = 2;
  export enum Kind { KIND_UNSPECIFIED = 0; KIND_A = 1; }
  oneof choice { string a = 3; int64 b = 4; }
  int64 version = 5 [(pannier.v1.field).version = true];
}`,
    'edition = "2024"',
    "odd.v1",
  ),
};

describe.each([["proto"], ["test/entities"], ["test/golden"], ["odd entities"]])(
  "the printed files of %s",
  (source) => {
    test("compile to the synthesized descriptors", async () => {
      await using folder = await protoFolder(odd);
      const from = source === "odd entities" ? folder.path : source;
      const printed = await printAll(from);
      const texts = new Map((await readProtoDirectory(from)).map((file) => [file.name, file.text]));
      for (const [name, text] of await vocabularyTexts()) texts.set(name, text);
      for (const { file, text } of printed) texts.set(file.name, Buffer.from(text));
      const compiled = await compile(texts);
      if (!compiled.ok) throw new Error(JSON.stringify(compiled.complaints, null, 2));
      const files = new Map(parseDescriptorSet(compiled.set).map(({ proto }) => [proto.name, proto]));
      for (const { file } of printed) {
        const found = files.get(file.name);
        expect(found && withoutSourceInfo(found)).toEqual(withoutSourceInfo(file));
      }
    });
  },
);

describe("the module of printed files", () => {
  test.each(["proto", "test/entities"])("passes buf lint (%s)", async (source) => {
    await using folder = await protoFolder({
      "buf.yaml":
        "version: v2\nmodules: [{path: entities}, {path: printed}]\nlint: {use: [STANDARD], service_suffix: Repository}\n",
    });
    for (const { name, text } of await readProtoDirectory(source)) await folder.write(`entities/${name}`, text);
    for (const [name, text] of await vocabularyTexts()) await folder.write(`entities/${name}`, text);
    for (const { file, text } of await printAll(source)) await folder.write(`printed/${file.name}`, text);
    const buf = createRequire(import.meta.url).resolve("@bufbuild/buf/bin/buf");
    const env = { PATH: process.env["PATH"], BUF_CACHE_DIR: `${folder.path}/.cache`, HOME: folder.path };
    const linted = spawnSync(process.execPath, [buf, "lint", "printed"], { cwd: folder.path, env, encoding: "utf8" });
    expect(linted.stdout + linted.stderr).toBe("");
    expect(linted.status).toBe(0);
  });
});

test("names are those of the files that are made", async () => {
  await using folder = await protoFolder(odd);
  for (const { entity, annotations, file } of await printAll("test/golden", "proto", folder.path)) {
    const scope = file.package === "" ? "" : `${file.package}.`;
    const filter = file.messageType.find(({ name }) => name.endsWith("Filter"));
    expect(synthesizedNames(entity, annotations)).toEqual({
      file: file.name,
      service: scope + file.service[0]?.name,
      messages: file.messageType.map(({ name }) => scope + name),
      predicates: filter?.nestedType.map(({ name }) => name),
    });
    expect([file.service.length, file.enumType.length, file.extension.length]).toEqual([1, 0, 0]);
    const holders = file.messageType.filter(({ nestedType, enumType }) => nestedType.length + enumType.length > 0);
    expect(holders).toEqual(filter && filter.nestedType.length > 0 ? [filter] : []);
  }
});
