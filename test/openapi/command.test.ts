// `pannier import openapi` as people and pipelines run it.
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runPannier } from "../integration/sidecar.ts";

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "pannier-openapi-"));
  await copyFile(here("store.yaml"), join(directory, "store.yaml"));
});
afterEach(() => rm(directory, { recursive: true }));

const run = (...args: readonly string[]) => runPannier(["import", "openapi", ...args], { directory });
const target = (): string => join(directory, "proto/corner_store/v1/store.proto");

test("prints the file, and tells what it skips with its line", async () => {
  const { code, out, err } = await run("store.yaml");
  expect(code).toBe(0);
  expect(out.split("// pannier:imported")[0]).toBe(await readFile(here("store.proto"), "utf8"));
  expect(err.trim().split("\n")).toEqual([
    "store.yaml:49: PurchaseLine: skipped, it has no index map; it is a part of entities",
    "store.yaml:55: Address: skipped, it has no index map; it is a part of entities",
    "store.yaml:75: Problem: skipped, it has no index map",
  ]);
});

test("writes, checks, keeps what is as it was, and writes over nothing that was changed by hand", async () => {
  expect(await run("store.yaml", "--out", "proto", "--check")).toMatchObject({ code: 78, out: expect.stringContaining("would change") });
  expect(await run("store.yaml", "--out", "proto")).toMatchObject({ code: 0, out: `${target()}: 3 entities, written\n` });
  expect(await run("store.yaml", "--out", "proto", "--check")).toMatchObject({ code: 0, out: `${target()}: 3 entities, nothing changed\n` });
  const document = await readFile(join(directory, "store.yaml"), "utf8");
  await writeFile(join(directory, "store.yaml"), document.replace("fullName:", "nick: {type: string}\n      fullName:"));
  expect(await run("store.yaml", "--out", "proto", "--json")).toMatchObject({ code: 0 });
  const written = await readFile(target(), "utf8");
  expect(written).toContain("optional string nick = 8;");
  expect(written).toContain('optional string full_name = 3 [(pannier.v1.field).column = "fullName"];');
  await writeFile(target(), written.replace("optional string nick", "string nick"));
  const refused = await run("store.yaml", "--out", "proto");
  expect(refused).toMatchObject({ code: 78, out: "" });
  expect(refused.err).toContain("was changed since; give --overwrite");
  expect(await run("store.yaml", "--out", "proto", "--overwrite")).toMatchObject({ code: 0 });
  expect(await readFile(target(), "utf8")).toBe(written);
}); // prettier-ignore

test("tells programs in one object", async () => {
  const { code, out } = await run(here("odd.yaml"), "--json", "--package", "odd.v2");
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    package: "odd.v2",
    entities: [{ model: "Fine", message: "Fine" }],
    text: expect.stringContaining("package odd.v2;"),
  });
});

test.each([
  [["none.yaml"], 78, "is not there"],
  [[], 64, "pannier import openapi FILE"],
  [["store.yaml", "more"], 64, "follows the command"],
  [["store.yaml", "--package", "Bad Name"], 64, "is no package"],
  [["store.yaml", "--check"], 64, "give it --out"],
  [["broken.yaml"], 78, "broken.yaml:3: it is neither YAML nor JSON"],
  [["empty.yaml"], 78, "empty.yaml has no model that can be an entity"],
])("%j ends with %d", async (args, code, said) => {
  await writeFile(join(directory, "broken.yaml"), "a:\n  b: 1\n c: 2\n");
  await writeFile(join(directory, "empty.yaml"), "info: {title: t}\ndefinitions: {A: {type: string}}\n");
  const ended = await run(...args);
  expect(ended.err).toContain(said);
  expect(ended.code).toBe(code);
});
