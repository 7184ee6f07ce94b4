// `pannier generate` as it is run: in a user's folder, in a pipeline, and where it must refuse.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { entity, proto, protoFolder } from "../unit/schema/proto-folder.ts";
import { runPannier } from "./sidecar.ts";

const user = proto(entity("optional string name = 2;").replaceAll("message E ", "message Guest "), undefined, "inn.v1");

/** Paths below the folder with the time of their last change. */
function stamps(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .toSorted()
    .map((path) => `${path} ${statSync(join(folder, path), { bigint: true }).mtimeNs}`);
}

describe("in a folder of its own", () => {
  test("writes the module, then nothing; --check tells, and --json for programs", { timeout: 240_000 }, async () => {
    await using folder = await protoFolder({ "proto/inn/v1/guest.proto": user });
    const run = (...args: readonly string[]) => runPannier(["generate", ...args], { directory: folder.path });
    expect(await run("--check")).toMatchObject({ code: 78, out: expect.stringContaining("would change"), err: "" });
    expect(readdirSync(folder.path)).toEqual(["proto"]);

    const made = await run();
    expect(made).toMatchObject({ code: 0, err: "" });
    expect(made.out).toContain("generated/proto/repositories/inn/v1/guest_repository.proto: added");
    expect(readdirSync(folder.path).toSorted()).toEqual(["generated", "proto"]);
    const before = stamps(join(folder.path, "generated"));

    const again = await run("proto");
    expect(again).toMatchObject({ code: 0, err: "" });
    expect(again.out).toMatch(/^\S+\/generated\/proto: \d+ files, nothing changed\n$/);
    expect(await run("typescript")).toMatchObject({
      out: expect.stringMatching(/typescript: 2 files, nothing changed\n$/),
    });
    expect(await run("--check")).toMatchObject({ code: 0 });
    expect(stamps(join(folder.path, "generated"))).toEqual(before);

    renameSync(join(folder.path, "proto/inn/v1/guest.proto"), join(folder.path, "proto/inn/v1/person.proto"));
    const told = await run("--check", "--json");
    expect(told.code).toBe(78);
    const lines = told.out.trim().split("\n").map((line) => JSON.parse(line)); // prettier-ignore
    expect(lines).toMatchObject([
      { path: "entities/inn/v1/guest.proto", change: "removed" },
      { path: "entities/inn/v1/person.proto", change: "added" },
      { path: "repositories/inn/v1/guest_repository.proto", change: "changed" },
      { changed: 3, written: false },
      { files: 2, changed: 0 },
    ]);
    expect(await run()).toMatchObject({ code: 0 });
    expect(existsSync(join(folder.path, "generated/proto/entities/inn/v1/guest.proto"))).toBe(false);
  });

  test("takes another folder, for all or for one kind", async () => {
    await using folder = await protoFolder({ "schema/inn/v1/guest.proto": user, "pannier.yaml": "descriptors: [schema]\n" }); // prettier-ignore
    const run = (...args: readonly string[]) => runPannier(["generate", ...args], { directory: folder.path });
    expect(await run("--out", "clients")).toMatchObject({ code: 0, err: "" });
    expect(await run("proto", "--out=lib/proto")).toMatchObject({ code: 0, err: "" });
    expect(await run("typescript", "--out=src/gen")).toMatchObject({ code: 0, err: "" });
    expect(readdirSync(join(folder.path, "src/gen")).toSorted()).toEqual(["index.ts", "inn", "pannier-generated.json"]);
    for (const at of ["clients/proto", "lib/proto"])
      expect(readFileSync(join(folder.path, at, "repositories/inn/v1/guest_repository.proto"), "utf8")).toContain(
        "service GuestRepository",
      );
  });

  test("needs no store: whoever builds clients has none", async () => {
    const stored = user.replace('partition: "id" }', 'partition: "id" } store: "far"');
    await using folder = await protoFolder({ "proto/inn/v1/guest.proto": stored });
    expect(await runPannier(["generate"], { directory: folder.path })).toMatchObject({ code: 0, err: "" });
  });
});

describe("refuses", () => {
  let left: readonly string[];
  let refused: { readonly [name: string]: Awaited<ReturnType<typeof runPannier>> };

  beforeAll(async () => {
    await using folder = await protoFolder({
      "proto/inn/v1/guest.proto": user,
      "broken/inn/v1/guest.proto": user.replace("optional string name", "optional strin name"),
      "annotated/inn/v1/guest.proto": user.replace('partition: "id"', 'partition: "ib"'),
      "taken/buf.yaml": "version: v2\n",
    });
    mkdirSync(join(folder.path, "empty"));
    const run = (...args: readonly string[]) => runPannier(["generate", ...args], { directory: folder.path });
    refused = {
      broken: await run("--descriptors", "broken"),
      annotated: await run("--descriptors", "annotated"),
      inside: await run("--out", "."),
      taken: await run("proto", "--out", "taken"),
      nothing: await run("--descriptors", "empty"),
      word: await run("cobol"),
      flag: await run("--against", "x"),
    };
    left = readdirSync(folder.path);
  });

  test.each([
    ["broken", 78, /^pannier: \S*broken\/inn\/v1\/guest\.proto:\d+:\d+: .*strin.*; correct the file/],
    ["annotated", 78, /pannier: \S*annotated\/inn\/v1\/guest\.proto:7: inn\.v1\.Guest: the key names ib/],
    ["inside", 78, /proto lies in \S*proto, which is read as the schema; give another --out/],
    ["taken", 78, /taken\/buf\.yaml is there, and was not written by `pannier generate`; remove it/],
    ["nothing", 78, /holds no \.proto file/],
    ["word", 64, /"cobol" follows the command "generate"; it takes proto or typescript/],
    ["flag", 64, /--against is no flag of generate/],
  ])("what is wrong, and says where (%s)", (name, code, text) => {
    expect(refused[name]).toMatchObject({ code, out: "", err: expect.stringMatching(text) });
  });

  test("before anything is written", () => {
    expect(left.toSorted()).toEqual(["annotated", "broken", "empty", "proto", "taken"]);
  });
});
