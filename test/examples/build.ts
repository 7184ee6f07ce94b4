// Examples of clients/examples are built in the cache, under the digest of all that they are made of.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { cp, readdir, readFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { env } from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { cached } from "../servers/cached.ts";

export const root: string = fileURLToPath(new URL("../..", import.meta.url));

/** A program to start with the sidecar's address as its last argument. */
export interface Program {
  readonly file: string;
  readonly args: readonly string[];
  readonly environment?: { readonly [name: string]: string };
}

/** Folders that are put beside the sources of an example, by their names there. */
export type Parts = Readonly<Record<string, string>>;

/** The file or folder `name`, which `make` leaves in `target` (or beside the source); other sources or other parts make it anew. */
export async function made(
  example: string,
  parts: Parts,
  name: string,
  make: (source: string, target: string) => Promise<void>,
): Promise<string> {
  const folders = [folderOf(example), ...Object.values(parts)];
  const paths = (await Promise.all(folders.map(sourcesOf))).flat();
  const digest = digestOf(await Promise.all(paths.map((path) => readFile(path))));
  return cached(`example-${example}-${digest}`, name, async (target) => {
    const source = join(target, "source");
    const isSource = (path: string): boolean =>
      !/\/(?:proto|gen|venv|target|dist|node_modules|__pycache__)$/.test(path);
    await cp(folderOf(example), source, { recursive: true, filter: isSource });
    for (const [part, from] of Object.entries(parts)) await cp(from, join(source, part), { recursive: true });
    await make(source, target);
  });
}

/** Files of a folder, without those that are made in it. */
export async function sourcesOf(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const isMade = (path: string): boolean => /^\/(?:proto|gen|venv|target|dist|node_modules|__pycache__)\//.test(path.slice(folder.length));
  return paths.filter((path) => !isMade(path)).toSorted();
} // prettier-ignore

export function folderOf(example: string): string {
  return join(root, "clients", "examples", example);
}

export function digestOf(contents: readonly Uint8Array[]): string {
  const hash = createHash("sha256");
  for (const content of contents) hash.update(createHash("sha256").update(content).digest());
  return hash.digest("hex").slice(0, 16);
}

export async function run(
  file: string,
  args: readonly string[],
  cwd: string,
  environment: { readonly [name: string]: string } = {},
): Promise<void> {
  const path = [join(root, "node_modules", ".bin"), env["PATH"]].join(delimiter);
  const options = { cwd, env: { ...env, PATH: path, ...environment }, timeout: 900_000 };
  await promisify(execFile)(file, args, options).catch((cause: Error & { readonly stdout?: string }) => {
    throw new Error(`${cause.message}\n${cause.stdout ?? ""}`, { cause });
  });
}
