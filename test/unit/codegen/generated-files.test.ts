// A folder of generated files: what changes in it, and what is never touched.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { MANIFEST, planFolder, type FileChange, type GeneratedFiles } from "../../../src/codegen/generated-files.ts";
import { protoFolder } from "../schema/proto-folder.ts";

const files = (texts: { readonly [path: string]: string }): GeneratedFiles =>
  new Map(Object.entries(texts).map(([path, text]) => [path, Buffer.from(text)]));

const first = files({ "a/one.proto": "1", "a/b/two.proto": "2", three: "3" });

async function apply(folder: string, content: GeneratedFiles): Promise<readonly string[]> {
  const plan = await planFolder(folder, content);
  await plan.apply();
  return plan.changes.map(({ path, change }: FileChange) => `${change} ${path}`);
}

test("is filled, and written to no more while nothing changes", async () => {
  await using folder = await protoFolder();
  expect(await apply(folder.path, first)).toEqual(["added a/b/two.proto", "added a/one.proto", "added three"]);
  expect(readFileSync(join(folder.path, "a/b/two.proto"), "utf8")).toBe("2");
  const paths = readdirSync(folder.path, { recursive: true, encoding: "utf8" }).map((path) => join(folder.path, path));
  const times = (): readonly bigint[] => paths.map((path) => statSync(path, { bigint: true }).mtimeNs);
  const before = times();
  expect(await apply(folder.path, first)).toEqual([]);
  expect(times()).toEqual(before);
});

test("is not written to by a plan alone", async () => {
  await using folder = await protoFolder();
  expect((await planFolder(folder.path, first)).changes).toHaveLength(3);
  expect(readdirSync(folder.path)).toEqual([]);
});

test("loses what is not made any more, and folders that are empty then", async () => {
  await using folder = await protoFolder();
  await apply(folder.path, first);
  await folder.write("a/mine.txt", "mine");
  expect(await apply(folder.path, files({ "a/one.proto": "changed" }))).toEqual([
    "removed a/b/two.proto",
    "changed a/one.proto",
    "removed three",
  ]);
  expect(readdirSync(folder.path, { recursive: true, encoding: "utf8" }).toSorted()).toEqual(
    ["a", "a/mine.txt", "a/one.proto", MANIFEST].toSorted(),
  );
});

test("keeps what was edited and is not made any more, and says so once", async () => {
  await using folder = await protoFolder();
  await apply(folder.path, first);
  await folder.write("three", "edited");
  const without = files({ "a/one.proto": "1", "a/b/two.proto": "2" });
  expect(await apply(folder.path, without)).toEqual(["kept three"]);
  expect(readFileSync(join(folder.path, "three"), "utf8")).toBe("edited");
  expect(await apply(folder.path, without)).toEqual([]);
});

test("is put right where a generated file was edited or lost", async () => {
  await using folder = await protoFolder();
  await apply(folder.path, first);
  await folder.write("three", "edited");
  await folder.write("a/one.proto", "edited");
  expect(await apply(folder.path, first)).toEqual(["changed a/one.proto", "changed three"]);
});

test("refuses to overwrite what nobody generated, before anything is written", async () => {
  await using folder = await protoFolder({ three: "mine" });
  await expect(apply(folder.path, first)).rejects.toThrow(/three is there, and was not written by/);
  expect(readdirSync(folder.path)).toEqual(["three"]);
});

test("takes over a file with the very content", async () => {
  await using folder = await protoFolder({ three: "3" });
  expect(await apply(folder.path, first)).toEqual(["added a/b/two.proto", "added a/one.proto"]);
  expect(await apply(folder.path, files({}))).toContain("removed three");
});

test("is repeated after an interruption between the manifest and the files", async () => {
  await using folder = await protoFolder();
  await apply(folder.path, files({ "a/one.proto": "0" }));
  const manifest = readFileSync(join(folder.path, MANIFEST));
  await apply(folder.path, first);
  // As it was when only some of the files had been written: the manifest stands before them.
  expect(JSON.parse(readFileSync(join(folder.path, MANIFEST), "utf8"))).toHaveProperty(["files", "three"]);
  await folder.write("a/one.proto", "0");
  expect(await apply(folder.path, first)).toEqual(["changed a/one.proto"]);
  // Without it, what was written is nobody's.
  await folder.write(MANIFEST, manifest);
  await folder.write("three", "half");
  await expect(apply(folder.path, first)).rejects.toThrow(/three is there/);
});

test.each(["{", "[]", '{"files":[]}', '{"files":{"../../x":"sha256:0"}}', '{"files":{"/etc/x":"sha256:0"}}'])(
  "refuses the manifest %s",
  async (text) => {
    await using folder = await protoFolder({ [MANIFEST]: text });
    await expect(apply(folder.path, first)).rejects.toThrow(/is no manifest of generated files; restore or remove it/);
  },
);

test.each(["../x", "/x", "a/../../x", "a//x", "a\\x", "c:x"])("refuses to write %s", async (path) => {
  await using folder = await protoFolder();
  await expect(apply(join(folder.path, "in"), files({ [path]: "1" }))).rejects.toThrow(/lies outside/);
  expect(existsSync(join(folder.path, "x"))).toBe(false);
});

test("says where it cannot write", async () => {
  await using folder = await protoFolder({ a: "a file" });
  await expect(apply(folder.path, first)).rejects.toThrow(/a.* cannot be written \(.*\); allow it, or give another/);
});
