/** One handle on the database file: pragmas, prepared statements, and whether the file is still the one opened. */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { TransientMap } from "../../containers/transient-map.ts";
import type { SqlValue } from "../sql/sql-value.ts";
import { isDamage } from "./failure.ts";
import type { FileWatch } from "./file-watch.ts";

/** The statement that met a damaged page: asked again, it says whether the page is whole by now. */
export interface Damage {
  readonly sql: string;
  readonly parameters: readonly SqlValue[];
}

/** A prepared statement whose rows are arrays. */
export interface Statement {
  get(parameters: readonly SqlValue[]): readonly SqlValue[] | undefined;
  all(parameters: readonly SqlValue[]): readonly (readonly SqlValue[])[];
  iterate(parameters: readonly SqlValue[]): Iterable<readonly SqlValue[]>;
  /** Rows changed. */
  run(parameters: readonly SqlValue[]): number;
}

export interface ConnectionOptions {
  /** Absolute, or ":memory:". */
  readonly path: string;
  /** "create" makes the file; the others want it to be there. "inspect" is for one that nobody has open, and makes no file beside it. */
  readonly mode: "create" | "write" | "read" | "inspect";
  /** Milliseconds to wait for another process. */
  readonly busyTimeout: number;
  /** Most bytes of pages it keeps; what its mode may when absent. */
  readonly cacheBytes?: number;
  /** Absent for databases in memory, and for an inspection. */
  readonly file?: FileWatch;
  readonly onDamage?: (damage: Damage) => void;
  /** Looks at the file before anything is changed in it, its journal mode included; throws where it must not be used. */
  readonly inspect?: (connection: Connection) => void;
}

/** Before it, a reset of the WAL could corrupt the database. */
const OLDEST = [3, 51, 3];

const STATEMENTS_KEPT = 512;

/** Most bytes of pages that a handle keeps. A point read is dearer by what it misses; writes and pages in order hardly are. */
export const READER_CACHE_BYTES: number = 16_000 * 1_024;
export const WRITER_CACHE_BYTES: number = 8_000 * 1_024;
/** There are several of these. */
export const SNAPSHOT_CACHE_BYTES: number = 2_000 * 1_024;

export function connect(Driver: typeof DatabaseSync, options: ConnectionOptions): Connection {
  const { path, mode, file } = options;
  file?.admit();
  const name = path === ":memory:" ? path : `${pathToFileURL(path).href}?${SQLITE_MODE[mode]}`;
  const database = new Driver(name, { readOnly: mode === "read" || mode === "inspect", timeout: options.busyTimeout });
  try {
    refuseOldLibrary(database);
    const handle = new Connection(database, options.onDamage);
    const isWriter = mode === "create" || mode === "write";
    prepareHandle(database, options.cacheBytes ?? (isWriter ? WRITER_CACHE_BYTES : READER_CACHE_BYTES));
    options.inspect?.(handle);
    if (isWriter) prepareFile(database);
    file?.opened();
    return handle;
  } catch (error) {
    database.close();
    throw error;
  }
}

const SQLITE_MODE = { create: "mode=rwc", write: "mode=rw", read: "mode=ro", inspect: "mode=ro&immutable=1" } as const;

function refuseOldLibrary(database: DatabaseSync): void {
  const version = String(database.prepare("SELECT sqlite_version() AS version").get()?.["version"]);
  if (!isRecent(version))
    throw new Error(`SQLite ${version} can corrupt databases in WAL mode; ${OLDEST.join(".")} or newer is needed`);
}

export function isRecent(version: string): boolean {
  const parts = version.split(".").map(Number);
  for (const [i, least] of OLDEST.entries()) {
    const part = parts[i] ?? 0;
    if (part !== least) return part > least;
  }
  return true;
}

function prepareHandle(database: DatabaseSync, cacheBytes: number): void {
  database.exec("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY");
  database.exec(`PRAGMA cache_size = -${cacheBytes / 1_024}`); // negative: KiB, not pages
  // Opens the file, which SQLite leaves until something is asked.
  database.prepare("SELECT count(*) FROM sqlite_schema").get();
}

function prepareFile(database: DatabaseSync): void {
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = OFF");
  database.exec("PRAGMA wal_autocheckpoint = 1000; PRAGMA journal_size_limit = 67108864");
}

/** Made by `connect`. */
export class Connection {
  readonly database: DatabaseSync;
  readonly #onDamage: (damage: Damage) => void;
  #statements = new TransientMap<string, Statement>();

  constructor(database: DatabaseSync, onDamage: (damage: Damage) => void = () => {}) {
    this.database = database;
    this.#onDamage = onDamage;
  }

  /** Prepared once per text; rows come as arrays, integers as bigint where `wide`. */
  statement(sql: string, wide = true): Statement {
    const known = this.#statements.get(sql);
    if (known) return known;
    const oldest = this.#statements.first;
    if (oldest !== undefined && this.#statements.size >= STATEMENTS_KEPT) this.#statements.delete(oldest);
    const prepared = this.database.prepare(sql);
    prepared.setReturnArrays(true);
    prepared.setReadBigInts(wide);
    const statement = arrays(prepared, (error, parameters) => this.noteDamage(error, { sql, parameters }));
    this.#statements.set(sql, statement);
    return statement;
  }

  exec(sql: string): void {
    this.database.exec(sql);
  }

  /** Remembers what was asked when a damaged page was met; for errors that come while rows are iterated. */
  noteDamage(error: unknown, damage: Damage): void {
    if (isDamage(error)) this.#onDamage(damage);
  }

  close(): void {
    this.#statements = new TransientMap();
    if (this.database.isOpen) this.database.close();
  }
}

type OnError = (error: unknown, parameters: readonly SqlValue[]) => void;

/** The driver's types know rows as objects; with setReturnArrays they are arrays of column values. */
function arrays(prepared: StatementSync, onError: OnError): Statement {
  const ask = <T>(parameters: readonly SqlValue[], body: () => T): T => {
    try {
      return body();
    } catch (error) {
      onError(error, parameters);
      throw error;
    }
  };
  return {
    get: (parameters) =>
      ask(parameters, () => prepared.get(...parameters) as unknown as readonly SqlValue[] | undefined),
    all: (parameters) =>
      ask(parameters, () => prepared.all(...parameters) as unknown as readonly (readonly SqlValue[])[]),
    iterate: (parameters) => prepared.iterate(...parameters) as unknown as Iterable<readonly SqlValue[]>,
    run: (parameters) => ask(parameters, () => Number(prepared.run(...parameters).changes)),
  };
}

/** Asks a damaged place again, for a short while. Throws what it fails with; what a writing statement does must be rolled back. */
export function askAgain(connection: Connection, { sql, parameters }: Damage): void {
  const started = performance.now();
  for (const _ of connection.statement(sql).iterate(parameters)) if (performance.now() - started > ASKED) return;
}

/** Milliseconds. */
const ASKED = 20;
