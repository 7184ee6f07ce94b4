// The programs that must compile do, and those that must not do not, by the compiler of this repository or by another (PANNIER_TEST_TSC).
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const programs = join(root, "test/clients-typescript/types/programs.ts");
const compiler = process.env["PANNIER_TEST_TSC"] ?? join(root, "node_modules/typescript/bin/tsc");
const run = promisify(execFile);

/** What the compiler complains of; nothing where it is content. */
async function complaints(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "pannier-types-"));
  try {
    const compilerOptions = { typeRoots: [join(root, "node_modules/@types")] };
    const config = { extends: join(root, "tsconfig.json"), compilerOptions, files: [programs], include: [] };
    await writeFile(join(folder, "tsconfig.json"), JSON.stringify(config));
    return await run(process.execPath, [compiler, "-p", folder]).then(
      () => "",
      (error: unknown) => (error instanceof Error && "stdout" in error ? String(error.stdout) : "the compiler failed"),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

test("34 programs compile, and 41 do not", async () => {
  const text = await readFile(programs, "utf8");
  const [compiling = "", others = ""] = text.split("mustNotCompile");
  expect(compiling.match(/^ {2}(?:async )?\(db\) =>/gm)).toHaveLength(34);
  expect(others.match(/@ts-expect-error/g)).toHaveLength(41);
  expect(await complaints()).toBe("");
});
