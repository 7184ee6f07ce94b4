/** Compiled descriptor sets on disk, by a hash of everything that went into them. */

import { createHash, randomUUID } from "node:crypto";
import { readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeDirectory } from "../../make-directory.ts";

/** Raised when what is compiled, or how it is kept, changes. */
const FORMAT = 1;

/** Sets kept; older ones go when a new one comes. */
const KEPT = 8;

const PREFIX = "descriptors-";
const DIGEST = 32;

export interface CompileCache {
  /** Undefined unless the very set that was put is there, whole. */
  get(key: string): Promise<Uint8Array | undefined>;
  /** Never fails: a cache that cannot be written is no cache. */
  put(key: string, set: Uint8Array): Promise<void>;
}

/** Hash of the files (import name → text) and the version of the compiler. */
export function cacheKey(files: ReadonlyMap<string, Uint8Array>, compiler: string): string {
  const hash = createHash("sha256").update(`${FORMAT}\0${compiler}\0`);
  for (const [name, text] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`${name}\0${text.length}\0`).update(text);
  }
  return hash.digest("hex");
}

/** Without a directory nothing is kept. */
export function createCompileCache(directory: string | undefined): CompileCache {
  if (directory === undefined) return { get: async () => undefined, put: async () => {} };
  const pathOf = (key: string): string => join(directory, `${PREFIX}${key}.binpb`);
  return {
    get: async (key) => unsealed(await readFile(pathOf(key)).catch(() => undefined)),
    put: async (key, set) => {
      try {
        makeDirectory(directory);
        const temporary = `${pathOf(key)}.${randomUUID()}`;
        await writeFile(temporary, Buffer.concat([digestOf(set), set]), { mode: 0o600 });
        await rename(temporary, pathOf(key));
        await prune(directory);
      } catch {
        // read-only or full: the next start compiles again
      }
    },
  };
}

/** A file that was cut short could still parse, so its digest comes first. */
function unsealed(bytes: Uint8Array | undefined): Uint8Array | undefined {
  if (!bytes || bytes.length < DIGEST) return undefined;
  const set = bytes.subarray(DIGEST);
  return digestOf(set).equals(bytes.subarray(0, DIGEST)) ? set : undefined;
}

function digestOf(set: Uint8Array): Buffer {
  return createHash("sha256").update(set).digest();
}

async function prune(directory: string): Promise<void> {
  const names = (await readdir(directory)).filter((name) => name.startsWith(PREFIX));
  const aged = await Promise.all(
    names.map(async (name) => ({ name, at: (await stat(join(directory, name)).catch(() => undefined))?.mtimeMs ?? 0 })),
  );
  const old = aged.sort((a, b) => b.at - a.at).slice(KEPT);
  await Promise.all(old.map(({ name }) => rm(join(directory, name), { force: true })));
}
