/**
 * A folder of generated files: what would change in it, and the change. A manifest names the files that were written, so
 * that no other is ever overwritten or removed.
 */

import { createHash } from "node:crypto";
import { readFile, rm, rmdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { makeDirectory } from "../make-directory.ts";
import { compareText } from "../model/compare.ts";

/** Path below the folder, with slashes → content. */
export type GeneratedFiles = ReadonlyMap<string, Uint8Array>;

export interface FileChange {
  readonly path: string;
  /** `kept`: it is not made any more, and was edited since it was written, so it stays. */
  readonly change: "added" | "changed" | "removed" | "kept";
}

export interface FolderPlan {
  readonly folder: string;
  /** By path. */
  readonly changes: readonly FileChange[];
  /** Number of files that are generated. */
  readonly count: number;
  /** Makes the changes; writes nothing where there are none. @throws FolderRefused */
  apply(): Promise<void>;
}

/** Why a folder cannot be written to. */
export class FolderRefused extends Error {
  override readonly name = "FolderRefused";
}

/** Beside the files, and committed with them. */
export const MANIFEST = "pannier-generated.json";

/** Path → digest of what was written there. */
type Manifest = ReadonlyMap<string, string>;

/** @throws FolderRefused where a file is in the way that was not generated, and for a manifest that cannot be read */
export async function planFolder(folder: string, files: GeneratedFiles): Promise<FolderPlan> {
  for (const path of files.keys()) if (!isBelow(path)) throw new FolderRefused(`${path} lies outside ${folder}`);
  const before = await readManifest(folder);
  const changes: FileChange[] = [];
  for (const [path, content] of files) {
    const found = await contentOf(join(folder, path));
    if (found && Buffer.from(content).equals(found)) continue;
    if (found && !before.has(path)) throw new FolderRefused(inTheWay(join(folder, path)));
    changes.push({ path, change: found ? "changed" : "added" });
  }
  for (const [path, digest] of before) {
    const found = files.has(path) ? undefined : await contentOf(join(folder, path));
    if (found) changes.push({ path, change: digestOf(found) === digest ? "removed" : "kept" });
  }
  changes.sort((a, b) => compareText(a.path, b.path));
  const after = new Map([...files].map(([path, content]) => [path, digestOf(content)]));
  const isManifestStale = manifestText(after) !== manifestText(before);
  return {
    folder,
    changes,
    count: files.size,
    apply: async () => {
      if (changes.length === 0 && !isManifestStale) return;
      await writeAll({ folder, files, changes, before, after });
    },
  };
}

interface Writing {
  readonly folder: string;
  readonly files: GeneratedFiles;
  readonly changes: readonly FileChange[];
  readonly before: Manifest;
  readonly after: Manifest;
}

async function writeAll({ folder, files, changes, before, after }: Writing): Promise<void> {
  // First of all that may be there: whoever is interrupted may go on.
  await writeText(join(folder, MANIFEST), manifestText(new Map([...before, ...after])));
  for (const { path, change } of changes) {
    const content = files.get(path);
    if (content) await writeText(join(folder, path), content);
    else if (change === "removed") await removeFile(folder, path);
  }
  await writeText(join(folder, MANIFEST), manifestText(after));
}

/** @throws FolderRefused */
async function writeText(path: string, content: string | Uint8Array): Promise<void> {
  try {
    makeDirectory(dirname(path));
    await writeFile(path, content);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    throw new FolderRefused(`${path} cannot be written (${code}); allow it, or give another --out`);
  }
}

/** Folders that it leaves empty go, too. */
async function removeFile(folder: string, path: string): Promise<void> {
  await rm(join(folder, path), { force: true });
  for (let above = dirname(path); above !== "."; above = dirname(above)) {
    const isEmpty = await rmdir(join(folder, above)).then(
      () => true,
      () => false,
    );
    if (!isEmpty) return;
  }
}

async function contentOf(path: string): Promise<Buffer | undefined> {
  return readFile(path).catch((error: unknown) => {
    if (isAbsent(error)) return undefined;
    throw new FolderRefused(`${path} cannot be read; remove it, or give another --out`);
  });
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");
}

async function readManifest(folder: string): Promise<Manifest> {
  const path = join(folder, MANIFEST);
  const text = await contentOf(path);
  if (!text) return new Map();
  const files = filesIn(text.toString("utf8"));
  if (!files) throw new FolderRefused(`${path} is no manifest of generated files; restore or remove it`);
  return files;
}

function filesIn(text: string): Manifest | undefined {
  const found = parsed(text);
  if (typeof found !== "object" || found === null || !("files" in found)) return undefined;
  const { files } = found;
  if (typeof files !== "object" || files === null || Array.isArray(files)) return undefined;
  const entries = Object.entries(files).map(([path, digest]) => [path, String(digest)] as const);
  return entries.every(([path]) => isBelow(path)) ? new Map(entries) : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function manifestText(files: Manifest): string {
  const sorted = [...files].sort(([a], [b]) => compareText(a, b));
  const what = "Written by `pannier generate`: the files that it may overwrite and remove.";
  return `${JSON.stringify({ what, files: Object.fromEntries(sorted) }, undefined, 2)}\n`;
}

/** Whether it stays below its folder, whatever a source or a manifest calls it. */
function isBelow(path: string): boolean {
  return !/^[/\\]|^[a-zA-Z]:|\\/.test(path) && path.split("/").every((part) => part !== ".." && part !== "");
}

function digestOf(content: Uint8Array): string {
  return `sha256:${createHash("sha256").update(content).digest("hex")}`;
}

function inTheWay(path: string): string {
  return `${path} is there, and was not written by \`pannier generate\`; remove it, or give another --out`;
}
