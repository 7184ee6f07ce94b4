// The programs that must compile do, and those that must not do not, by both compilers; what is complained of is short; fields say what they are.
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { compilerPackage, compilerProgram, compilers, type CompilerName } from "../servers/typescript.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const programs = join(root, "test/clients-typescript/types/programs.ts");
const run = promisify(execFile);

const text = await readFile(programs, "utf8");
const [compiling = "", others = ""] = text.split("mustNotCompile");

/** What the compiler complains of; nothing where it is content. */
async function complaints(compiler: CompilerName, program: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "pannier-types-"));
  try {
    const file = join(folder, "programs.ts");
    await writeFile(file, program.replaceAll("../../../clients", join(root, "clients")));
    const compilerOptions = {
      typeRoots: [join(root, "node_modules/@types")],
      rewriteRelativeImportExtensions: false, // the copy imports by absolute paths
      paths: { "pannier/client": [join(root, "clients/typescript/index.ts")] },
    };
    const config = { extends: join(root, "tsconfig.json"), compilerOptions, files: [file], include: [] };
    await writeFile(join(folder, "tsconfig.json"), JSON.stringify(config));
    await writeFile(join(folder, "package.json"), '{"type":"module"}');
    const flags = ["-p", folder, "--pretty", "false"];
    return await run(process.execPath, [await compilerProgram(compiler), ...flags], { cwd: folder }).then(
      () => "",
      (error: unknown) => (error instanceof Error && "stdout" in error ? String(error.stdout) : "the compiler failed"),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

test("there are 36 programs that compile, and 46 that do not", () => {
  expect(compiling.match(/^ {2}(?:async )?\(db\) =>/gm)).toHaveLength(36);
  expect(others.match(/@ts-expect-error/g)).toHaveLength(46);
});

describe.each(compilers)("TypeScript %s", { timeout: 600_000 }, (compiler) => {
  test("is content with those, and with no other", async () => {
    expect(await complaints(compiler, text)).toBe("");
  });

  test("says in a few lines what is wrong, and first of all the name or the type", async () => {
    const said = await complaints(compiler, text.replaceAll("// @ts-expect-error", "//"));
    const errors = said.trim().split(/\n(?=\S)/);
    const heads = errors.map((error) => error.split("\n")[0] ?? "");
    expect(errors).toHaveLength(46);
    expect(errors.filter((error) => error.split("\n").length > 4)).toEqual([]);
    expect(heads.filter((head) => head.length > 300)).toEqual([]);
  });
});

/** What the older compiler's service for editors is asked; the newer one has none yet. */
interface LanguageService {
  getQuickInfoAtPosition(file: string, position: number): { documentation?: readonly { text: string }[] } | undefined;
  getCompletionsAtPosition(file: string, position: number, options: object): { entries: readonly { name: string }[] } | undefined; // prettier-ignore
}

async function languageService(file: string, content: string): Promise<LanguageService> {
  const ts = createRequire(import.meta.url)(await compilerPackage("5.9"));
  const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [file] }, ts.sys, root);
  return ts.createLanguageService({
    getScriptFileNames: () => [file],
    getScriptVersion: () => "1",
    getScriptSnapshot: (name: string) => {
      const found = name === file ? content : ts.sys.readFile(name);
      return found === undefined ? undefined : ts.ScriptSnapshot.fromString(found);
    },
    getCurrentDirectory: () => root,
    getCompilationSettings: () => options,
    getDefaultLibFileName: (of: unknown) => ts.getDefaultLibFilePath(of),
    fileExists: ts.sys.fileExists,
    readFile: ts.sys.readFile,
    directoryExists: ts.sys.directoryExists,
  });
}

test("an editor shows the comment of a field wherever it is named, and offers the fields there are", { timeout: 600_000 }, async () => {
  const file = join(root, "test/clients-typescript/types/hover.ts");
  const content = `import type { Database } from "pannier/client";
import type { Packages } from "../../../clients/examples/typescript/gen/index.ts";
export const found = async (db: Database<Packages>): Promise<unknown> => {
  const order = await db.shop.orders.create({ /*1*/currency: "EUR" });
  const page = await db.shop.orders.list({ where: { /*2*/userId: "u" }, /*3*/orderBy: { createdAt: "desc" } });
  await db.shop.orders.update(order, { /*4*/status: "paid" });
  return [order./*5*/totalAmount, page.entities, db.shop.orders./*6*/findFirst];
};
`;
  const service = await languageService(file, content);
  const at = (mark: number): number => content.indexOf(`/*${mark}*/`) + 5;
  const shown = [1, 2, 3, 4, 5, 6].map((mark) =>
    (service.getQuickInfoAtPosition(file, at(mark))?.documentation ?? []).map((part) => part.text).join(""),
  );
  expect(shown[0]).toBe("ISO 4217 code of every amount in the order.");
  expect(shown[1]).toBe("Who bought.\nReferences shop.v1.User.");
  expect(shown[2]).toBe("The entity's own order when absent.");
  expect(shown[3]).toBe("How far the order has come: pending, paid, shipped, delivered, cancelled.");
  expect(shown[4]).toBe("Sum of the items' totals, in units of the currency.");
  expect(shown[5]).toBe("The first row of a query; undefined where it has none.");
  const offered = service.getCompletionsAtPosition(file, at(2), {})?.entries.map(({ name }) => name);
  expect(offered).toEqual(expect.arrayContaining(["all", "any", "none", "status", "totalAmount", "createdAt"]));
}); // prettier-ignore
