/** The .proto files below a directory, by the names they import each other with. */

import type { Dirent } from "node:fs";
import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";

export interface ProtoFile {
  /** Name that other files import it by. */
  readonly name: string;
  /** Where it was read, as the source was given. */
  readonly path: string;
  readonly text: Uint8Array;
}

/** Every .proto file below `directory`, by path; hidden folders and node_modules are left out. */
export async function readProtoDirectory(directory: string): Promise<readonly ProtoFile[]> {
  const modules = await importRoots(directory);
  const files: ProtoFile[] = [];
  for (const module of modules) {
    const root = join(directory, module.root);
    const excluded = module.excludes.map((path) => join(directory, path) + sep);
    for (const path of await protoPaths(root, new Set())) {
      if (excluded.some((folder) => path.startsWith(folder))) continue;
      files.push({ name: relative(root, path).split(sep).join("/"), path, text: await readFile(path) });
    }
  }
  return files;
}

/** Follows links, because mounted configuration consists of them, but never the same folder twice. */
async function protoPaths(directory: string, visited: Set<string>): Promise<readonly string[]> {
  const real = await realpath(directory);
  if (visited.has(real)) return [];
  visited.add(real);
  const paths: string[] = [];
  const entries = await readdir(directory, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith(".") || entry.name === "node_modules") continue;
    const path = join(directory, entry.name);
    const kind = await kindOf(entry, path);
    if (kind === "folder") paths.push(...(await protoPaths(path, visited)));
    else if (kind === "file" && entry.name.endsWith(".proto")) paths.push(path);
  }
  return paths;
}

async function kindOf(entry: Dirent, path: string): Promise<"folder" | "file" | "other"> {
  const found = entry.isSymbolicLink() ? await stat(path).catch(() => undefined) : entry;
  if (found?.isDirectory()) return "folder";
  return found?.isFile() ? "file" : "other";
}

interface Module {
  /** Relative to the directory. */
  readonly root: string;
  readonly excludes: readonly string[];
}

/** A buf.yaml or buf.work.yaml says where imports begin; without one they begin at the directory. */
async function importRoots(directory: string): Promise<readonly Module[]> {
  const work = record(await readYaml(join(directory, "buf.work.yaml")));
  const workRoots = texts(work["directories"]);
  if (workRoots.length > 0) return workRoots.map((root) => ({ root, excludes: [] }));
  const config = record(await readYaml(join(directory, "buf.yaml")));
  const modules = Array.isArray(config["modules"]) ? config["modules"].map(record) : [];
  if (modules.length > 0) {
    return modules.map((module) => ({ root: texts([module["path"]])[0] ?? ".", excludes: texts(module["excludes"]) }));
  }
  const build = record(config["build"]);
  const roots = texts(build["roots"]);
  return (roots.length > 0 ? roots : ["."]).map((root) => ({ root, excludes: texts(build["excludes"]) }));
}

/** What says where imports begin; most files of buf say it not at all, and the parser is dear to load. */
const rootKeys = /directories|modules|build/;

async function readYaml(path: string): Promise<unknown> {
  const text = await readFile(path, "utf8").catch(() => undefined);
  if (text === undefined || !rootKeys.test(text)) return undefined;
  const { parse } = await import("yaml");
  try {
    return parse(text);
  } catch {
    return undefined; // buf's own file; what is wrong with it is not ours to say
  }
}

function record(value: unknown): { readonly [key: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}
