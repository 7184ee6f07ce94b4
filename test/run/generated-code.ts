// Generates src/gen anew beside the repository and compares: committed generated code is what the protos say, untouched.
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { stdout } from "node:process";
import { root, runTool } from "./tool.ts";
import type { Totals } from "./vitest.ts";

const committed = join(root, "src", "gen");

/** Fails with the names of the files that differ, are missing, or are left over. */
export async function generatedCode(): Promise<Totals> {
  const folder = await mkdtemp(join(tmpdir(), "pannier-gen-"));
  try {
    const ended = await runTool("buf", ["generate", "--template", "proto/buf.gen.yaml", "--output", folder]);
    const differing = ended ? await compare(committed, join(folder, "src", "gen")) : ["nothing was generated"];
    for (const line of differing) stdout.write(`${line}\n`);
    if (differing.length > 0) stdout.write("run `npm run gen` and commit what it writes\n");
    return { passed: 0, failed: differing.length > 0 ? 1 : 0, skipped: 0 };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function compare(old: string, fresh: string): Promise<readonly string[]> {
  const [before, after] = await Promise.all([contents(old), contents(fresh)]);
  const paths = [...new Set([...before.keys(), ...after.keys()])].toSorted();
  return paths
    .filter((path) => before.get(path) !== after.get(path))
    .map((path) => `src/gen/${path} is not what is generated`);
}

async function contents(folder: string): Promise<ReadonlyMap<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const texts = await Promise.all(files.map((file) => readFile(file, "utf8")));
  return new Map(files.map((file, index) => [relative(folder, file), texts[index] ?? ""]));
}
