/** The key that seals page tokens where none is configured: made once, kept in the data directory, readable by its owner alone. */

import { randomBytes } from "node:crypto";
import { link, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeDirectory } from "../make-directory.ts";
import { ConfigurationRefused } from "./finding.ts";

const keyBytes = 32;

/** Answers the key of the directory, which several processes may share. @throws ConfigurationRefused where the directory cannot hold it */
export async function ownTokenKey(dataDir: string): Promise<Uint8Array> {
  try {
    return await keyIn(dataDir);
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    const reason = `${dataDir} cannot hold the page token key (${String(error.code)}); it must be a directory that may be written to`;
    throw new ConfigurationRefused([{ key: "data_dir", reason, source: "file system" }]);
  }
}

async function keyIn(dataDir: string): Promise<Uint8Array> {
  const file = join(dataDir, "token.key");
  makeDirectory(dataDir, 0o750);
  const found = await readKey(file);
  if (found) return found;
  const fresh = `${file}.${randomBytes(8).toString("hex")}`;
  try {
    await writeFile(fresh, `${randomBytes(keyBytes).toString("base64")}\n`, { mode: 0o600, flag: "wx" });
    await link(fresh, file).catch(ignoreTaken); // whoever comes first wins, and nobody ever reads half a key
  } finally {
    await rm(fresh, { force: true });
  }
  const key = await readKey(file);
  if (!key) throw new Error(`${file} does not hold a page token key; remove it, and tokens given out so far end`);
  return key;
}

async function readKey(file: string): Promise<Uint8Array | undefined> {
  const text = await readFile(file, "utf8").catch(() => undefined);
  const key = Buffer.from(text ?? "", "base64");
  return key.length === keyBytes ? key : undefined;
}

function ignoreTaken(error: NodeJS.ErrnoException): void {
  if (error.code !== "EEXIST") throw error;
}
