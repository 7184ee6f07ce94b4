// The modules of the TypeScript client: the golden one, as prettier leaves them, and compiled by both compilers.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { format } from "prettier";
import { beforeAll, describe, expect, test } from "vitest";
import type { GeneratedFiles } from "../../../src/codegen/generated-files.ts";
import { typescriptClient } from "../../../src/codegen/typescript-client.ts";
import { loadSchema } from "../../../src/schema/load-schema.ts";
import { compilerProgram, compilers, type CompilerName } from "../../servers/typescript.ts";
import { protoFolder, type ProtoFolder } from "../schema/proto-folder.ts";
import { oddTypeScript } from "./odd-typescript.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));

async function clientOf(...sources: readonly string[]): Promise<GeneratedFiles> {
  const schema = await loadSchema({ sources });
  expect(schema.findings).toEqual([]);
  return typescriptClient(schema);
}

const textOf = (files: GeneratedFiles, path: string): string => Buffer.from(files.get(path) ?? "").toString();

/** Of the example, which was written before the generator was. */
const golden = "clients/examples/typescript/gen";

test("are the golden ones, byte for byte", async () => {
  await using folder = await protoFolder();
  for (const name of readdirSync("proto/shop/v1")) await folder.write(`shop/v1/${name}`, readFileSync(`proto/shop/v1/${name}`)); // prettier-ignore
  const files = await clientOf(folder.path);
  for (const path of ["index.ts", "shop/v1/client.ts"])
    expect(textOf(files, path)).toBe(readFileSync(join(golden, path), "utf8"));
  expect([...files.keys()].toSorted()).toEqual(["index.ts", "shop/v1/client.ts"]);
});

describe.each(["proto", "test/entities", "odd"])("of %s", (source) => {
  let files: GeneratedFiles;
  beforeAll(async () => {
    await using folder = await protoFolder(oddTypeScript);
    files = await clientOf(source === "odd" ? folder.path : source);
  });

  test("stay as they are under prettier", async () => {
    for (const path of files.keys())
      expect(await format(textOf(files, path), { parser: "typescript", printWidth: 120 }), path).toBe(textOf(files, path)); // prettier-ignore
  });

  test.each(compilers)("compile under the strict flags of TypeScript %s", { timeout: 600_000 }, async (version) => {
    await using folder = await moduleFolder(files);
    expect(await compilerSays(version, folder.path)).toBe("");
  });
});

describe("the compilers", () => {
  test.each(compilers)("see what is wrong (%s)", { timeout: 600_000 }, async (version) => {
    const wrong = `import { Nowhere, type NowhereInit } from "./client.ts";
export const wrong: NowhereInit = { id: 1 };
export const table: string = Nowhere.name;
`;
    await using source = await protoFolder(oddTypeScript);
    await using folder = await moduleFolder(await clientOf(source.path));
    await folder.write("wrong.ts", wrong);
    expect(await compilerSays(version, folder.path)).toMatch(/^wrong\.ts\(2,37\): error TS2322/);
  });
});

describe("names", () => {
  let files: GeneratedFiles;
  beforeAll(async () => {
    await using folder = await protoFolder(oddTypeScript);
    files = await clientOf(folder.path);
  });

  test("of packages keep their version where two would be one, and where a client has the name", () => {
    const members = [...textOf(files, "index.ts").matchAll(/^ {2}readonly (\w+):/gm)].map(([, name]) => name);
    expect(members).toEqual(["entities", "bare", "healthV1", "oddV1", "oddV2", "old"]);
  });

  test.each([
    ["odd/v1/client.ts", "  readonly constructor$: string;"],
    ["odd/v1/client.ts", "  readonly toString$?: string | undefined;"],
    ["odd/v1/client.ts", "  readonly class: string;"],
    ["odd/v1/client.ts", '  readonly "fixed-width": number;'],
    ["odd/v1/client.ts", "export interface class$ {"],
    ["odd/v1/client.ts", "export interface Uint8Array$ {"],
    ["odd/v1/client.ts", "export interface OddInit$ {"],
    ["odd/v1/client.ts", "  Timestamp as Timestamp$,"],
    ["odd/v1/client.ts", "export interface Odd_Long_Name$ {"],
    ["odd/v1/client.ts", " * Ends a comment *\\/ and goes on."],
    ["odd/v1/client.ts", "  readonly stranges: EntityClient<OddTypes>;"],
    ["odd/v1/client.ts", '  api: "odd.v1.Strange",'],
    ["odd/v1/client.ts", 'export type Inner_Deep_State = "STATE_UNSPECIFIED" | "STATE_2D" | number;'],
    ["bare/client.ts", "const other_v1_Unit: EnumTable = {"],
    ["old/v1/client.ts", 'kind: "message", message: () => Old_Part, group: true }'],
  ])("that mean something already are others (%s: %s)", (path, line) => {
    expect(textOf(files, path).split("\n").some((found) => found.includes(line)), line).toBe(true); // prettier-ignore
  });
});

test("are the same whatever the order of the sources", async () => {
  expect(await clientOf("proto", "test/entities")).toEqual(await clientOf("test/entities", "proto"));
});

/** The modules where a user has them: beside a package `pannier`, and nothing else of it. */
async function moduleFolder(files: GeneratedFiles): Promise<ProtoFolder> {
  const folder = await protoFolder(Object.fromEntries(files));
  await folder.write("node_modules/empty", "");
  symlinkSync(root, join(folder.path, "node_modules/pannier"));
  symlinkSync(join(root, "node_modules/@types"), join(folder.path, "node_modules/@types"));
  await folder.write("package.json", '{"type":"module"}');
  const config = { extends: join(root, "tsconfig.json"), include: ["**/*.ts"], exclude: ["node_modules"] };
  await folder.write("tsconfig.json", JSON.stringify(config));
  return folder;
}

/** What the compiler prints; nothing where all is well. */
async function compilerSays(version: CompilerName, folder: string): Promise<string> {
  const compiler = await compilerProgram(version);
  const { stdout, stderr } = spawnSync(process.execPath, [compiler, "--noEmit", "-p", folder], { cwd: folder, encoding: "utf8" }); // prettier-ignore
  return stdout + stderr;
}
