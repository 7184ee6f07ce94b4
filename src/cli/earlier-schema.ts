/** An earlier schema to compare with: a directory of .proto files, a descriptor set, or the sources as they were at a revision of git. */

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { formatFindings } from "../schema/finding.ts";
import { loadSchema, type LoadedEntity } from "../schema/load-schema.ts";
import { StartRefused } from "../server/routed-schema.ts";

export interface EarlierOptions {
  /** As it was asked for. */
  readonly against: string;
  /** Where the command was started. */
  readonly directory: string;
  /** Descriptor sets and directories of the schema as it is now. */
  readonly sources: readonly string[];
  readonly cacheDir: string;
}

/** What exists under that path is taken, and anything else is a revision. @throws StartRefused */
export async function earlierEntities(options: EarlierOptions): Promise<readonly LoadedEntity[]> {
  const { against, directory, cacheDir } = options;
  const path = resolve(directory, against);
  if (existsSync(path)) return entitiesOf([path], cacheDir, (text) => text);
  const folder = await mkdtemp(join(tmpdir(), "pannier-against-"));
  try {
    const sources: string[] = [];
    for (const [i, source] of options.sources.entries()) {
      const at = join(folder, String(i));
      sources.push(await sourceAt(against, source, at));
    }
    return await entitiesOf(sources, cacheDir, (text) => text.replaceAll(`${folder}/`, `${against}:`));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function entitiesOf(
  sources: readonly string[],
  cacheDir: string,
  named: (text: string) => string,
): Promise<readonly LoadedEntity[]> {
  const { entities, findings } = await loadSchema({ sources, cacheDir });
  if (findings.length > 0) throw new StartRefused(`--against: ${named(formatFindings(findings))}`);
  return entities;
}

/** The source as it was, under `at`; answers its path. */
async function sourceAt(revision: string, source: string, at: string): Promise<string> {
  const isFolder = (await stat(source)).isDirectory();
  const folder = isFolder ? source : dirname(source);
  const { commit, top } = await commitOf(revision, folder);
  const missing = (): StartRefused => new StartRefused(`--against ${revision}: ${source} is not in that revision`);
  if (!isFolder) {
    const file = await git(["show", `${commit}:./${basename(source)}`], folder);
    if (file.code !== 0) throw missing();
    await writeFile(at, file.out);
    return at;
  }
  // An index of its own, so that the repository's is not touched.
  const environment = { GIT_INDEX_FILE: `${at}.index` };
  const tree = await git(["rev-parse", "--verify", "--quiet", `${commit}:./`], folder);
  if (tree.code !== 0) throw missing();
  for (const args of [
    ["read-tree", textOf(tree)],
    ["checkout-index", "--all", `--prefix=${at}/`],
  ]) {
    const { code, err } = await git(args, top, environment);
    if (code !== 0) throw new StartRefused(`--against ${revision}: ${firstLine(err)}`);
  }
  if (!existsSync(at)) throw missing();
  return at;
}

/** The commit, and where its repository begins. */
async function commitOf(revision: string, folder: string): Promise<{ readonly commit: string; readonly top: string }> {
  const place = await git(["rev-parse", "--show-toplevel"], folder);
  if (place.code !== 0)
    throw new StartRefused(
      `--against ${revision}: there is no such file, and ${folder} is in no git repository (${firstLine(place.err)}); give a directory of .proto files, a descriptor set, or a revision of the repository that holds the descriptors`,
    );
  const found = await git(["rev-parse", "--verify", "--quiet", "--end-of-options", `${revision}^{commit}`], folder);
  const top = textOf(place);
  if (found.code === 0) return { commit: textOf(found), top };
  throw new StartRefused(`--against ${revision}: there is no such file, and no such revision in ${top}`);
}

interface Ended {
  readonly code: number | null;
  readonly out: Buffer;
  readonly err: string;
}

/** @throws StartRefused where there is no git */
function git(args: readonly string[], cwd: string, environment: { readonly [name: string]: string } = {}): Promise<Ended> {
  return new Promise((settle, reject) => {
    const child = spawn("git", args, { cwd, env: { ...process.env, ...environment }, stdio: ["ignore", "pipe", "pipe"] });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on("data", (part: Buffer) => out.push(part));
    child.stderr.on("data", (part: Buffer) => err.push(part));
    child.on("error", () =>
      reject(new StartRefused("--against a revision needs git, which is not installed here; give a directory of .proto files, or a descriptor set")),
    );
    child.on("close", (code) => settle({ code, out: Buffer.concat(out), err: Buffer.concat(err).toString("utf8") }));
  });
} // prettier-ignore

function textOf({ out }: Ended): string {
  return out.toString("utf8").trim();
}

function firstLine(text: string): string {
  return text.trim().split("\n")[0] ?? "";
}
