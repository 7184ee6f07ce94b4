/**
 * What the database holds: contracts, and the numbers under which tables and finished indexes lie. It is in a file of its
 * own beside the engine's, so that an inspection opens nothing, and a directory of another program is recognized.
 */

import { existsSync, readFileSync } from "node:fs";
import { link, mkdir, open, rename, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { ContractRow } from "../../migration/contract-rows.ts";
import { Fault } from "../../model/fault.ts";

/** Where the rows of an entity lie. */
export interface StoredTable {
  readonly id: number;
  /** By name in the contract; an index that is being built is not here. */
  readonly indexes: { readonly [physical: string]: number };
}

/** Rows on their way into a table under another contract, which takes the old one's place at the end. */
export interface Conversion {
  /** What it was asked for; another wish begins anew. */
  readonly wish: string;
  /** The contract, as text. */
  readonly target: string;
  readonly table: StoredTable;
  /** The key of the last row that was copied, in base64; empty at the start. */
  readonly cursor: string;
  readonly copied: number;
  readonly total: number;
}

export interface Catalog {
  readonly application: "pannier";
  readonly format: number;
  /** The next number of a table or index; none is given twice. */
  readonly next: number;
  /** All by full name of the entity. */
  readonly tables: { readonly [entity: string]: StoredTable };
  /** Oldest first. */
  readonly contracts: { readonly [entity: string]: readonly ContractRow[] };
  readonly conversions: { readonly [entity: string]: Conversion };
  /** Numbers of tables and indexes that nobody reads any more, and which are still to be cleared. */
  readonly garbage: readonly number[];
}

/** Of this file and of the rows; raised when they change. */
const FORMAT = 2;

const NAME = "pannier.json";

export const EMPTY: Catalog = {
  application: "pannier",
  format: FORMAT,
  next: 1,
  tables: {},
  contracts: {},
  conversions: {},
  garbage: [],
};

/**
 * Undefined where there is no database. Changes nothing.
 *
 * @param isDatabase whether the engine's files are there
 * @throws Fault where the directory is not ours
 */
export function readCatalog(path: string, store: string, isDatabase: (path: string) => boolean): Catalog | undefined {
  const file = join(path, NAME);
  const unusable = (why: string, cause?: unknown): Fault =>
    new Fault("STORE_CORRUPT", `the directory ${path} cannot be used: ${why}`, { store, ...(cause ? { cause } : {}) });
  if (!existsSync(file)) {
    if (isDatabase(path)) throw unusable("it holds the database of another application");
    return undefined;
  }
  let found: unknown;
  try {
    found = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw unusable(`${NAME} in it is no JSON`, error);
  }
  if (!isCatalog(found)) throw unusable(`${NAME} in it is not ours`);
  if (found.format > FORMAT) throw unusable(`its format ${found.format} is newer than this version knows (${FORMAT})`);
  if (found.format < FORMAT)
    throw unusable(
      `its format ${found.format} keeps no contracts of its rows; copy them with the version that wrote it`,
    );
  return found;
}

/** Makes a directory ours that holds no catalog yet. Whoever does it first, among processes that start at once, has done it for all. */
export async function claim(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  const draft = join(path, `${NAME}.${process.pid}`);
  await synced(draft, "w", (file) => file.writeFile(JSON.stringify(EMPTY)));
  try {
    await link(draft, join(path, NAME));
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  } finally {
    await unlink(draft);
  }
}

/** Only by the process that has the database open. On disk when it resolves; a reader sees the old or the new. */
export async function writeCatalog(path: string, catalog: Catalog): Promise<void> {
  const draft = join(path, `${NAME}.new`);
  await synced(draft, "w", (file) => file.writeFile(`${JSON.stringify(catalog, undefined, 1)}\n`));
  await rename(draft, join(path, NAME));
  await synced(path, "r", async () => {});
}

type Opened = Awaited<ReturnType<typeof open>>;

async function synced(path: string, flags: string, body: (file: Opened) => Promise<void>): Promise<void> {
  const file = await open(path, flags, 0o600);
  try {
    await body(file);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Only this program writes the file, so its first members tell. */
function isCatalog(found: unknown): found is Catalog {
  if (typeof found !== "object" || found === null) return false;
  if (!("application" in found) || found.application !== EMPTY.application) return false;
  return "format" in found && typeof found.format === "number" && "next" in found && "tables" in found;
}
