/** One handle on the database file: pragmas, prepared statements, and whether the file is still the one opened. */

import { statSync } from "node:fs";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import type { SqlValue } from "../sql/dialect.ts";
import { CODE, SqliteFailure } from "./failure.ts";

export interface Connection {
  readonly database: DatabaseSync;
  /** Prepared once per text; rows come as arrays, integers as bigint where `wide`. */
  statement(sql: string, wide?: boolean): Statement;
  exec(sql: string): void;
  /** Throws where the file was removed or replaced. */
  assertSameFile(): void;
  close(): void;
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
  /** "create" makes the file; "write" and "read" want it to be there. */
  readonly mode: "create" | "write" | "read";
  /** Milliseconds to wait for another process. */
  readonly busyTimeout: number;
}

/** Before it, a reset of the WAL could corrupt the database. */
const OLDEST = [3, 51, 3];

const STATEMENTS_KEPT = 512;

export async function openConnection(options: ConnectionOptions): Promise<Connection> {
  const { DatabaseSync } = await import("node:sqlite");
  return connect(DatabaseSync, options);
}

export function connect(Driver: typeof DatabaseSync, options: ConnectionOptions): Connection {
  const { path, mode } = options;
  const name = path === ":memory:" ? path : `${pathToFileURL(path).href}?mode=${SQLITE_MODE[mode]}`;
  const database = new Driver(name, { readOnly: mode === "read", timeout: options.busyTimeout });
  try {
    refuseOldLibrary(database);
    prepareHandle(database, mode);
    return new Handle(database, path);
  } catch (error) {
    database.close();
    throw error;
  }
}

const SQLITE_MODE = { create: "rwc", write: "rw", read: "ro" } as const;

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

function prepareHandle(database: DatabaseSync, mode: ConnectionOptions["mode"]): void {
  database.exec("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY");
  database.exec("PRAGMA cache_size = -16000");
  if (mode === "read") {
    // Opens the file, which SQLite leaves until something is asked.
    database.prepare("SELECT count(*) FROM sqlite_schema").get();
    return;
  }
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = OFF");
  database.exec("PRAGMA wal_autocheckpoint = 1000; PRAGMA journal_size_limit = 67108864");
}

class Handle implements Connection {
  readonly database: DatabaseSync;
  readonly #path: string;
  readonly #identity: string;
  readonly #statements = new Map<string, Statement>();

  constructor(database: DatabaseSync, path: string) {
    this.database = database;
    this.#path = path;
    this.#identity = fileIdentity(path);
  }

  statement(sql: string, wide = true): Statement {
    const known = this.#statements.get(sql);
    if (known) return known;
    if (this.#statements.size >= STATEMENTS_KEPT) {
      for (const oldest of this.#statements.keys()) {
        this.#statements.delete(oldest);
        break;
      }
    }
    const prepared = this.database.prepare(sql);
    prepared.setReturnArrays(true);
    prepared.setReadBigInts(wide);
    const statement = arrays(prepared);
    this.#statements.set(sql, statement);
    return statement;
  }

  exec(sql: string): void {
    this.database.exec(sql);
  }

  assertSameFile(): void {
    if (fileIdentity(this.#path) !== this.#identity) throw new SqliteFailure(CODE.cannotOpen);
  }

  close(): void {
    this.#statements.clear();
    if (this.database.isOpen) this.database.close();
  }
}

function fileIdentity(path: string): string {
  if (path === ":memory:") return path;
  const status = statSync(path, { throwIfNoEntry: false });
  return status ? `${status.dev}:${status.ino}` : "gone";
}

/** The driver's types know rows as objects; with setReturnArrays they are arrays of column values. */
function arrays(prepared: StatementSync): Statement {
  return {
    get: (parameters) => prepared.get(...parameters) as unknown as readonly SqlValue[] | undefined,
    all: (parameters) => prepared.all(...parameters) as unknown as readonly (readonly SqlValue[])[],
    iterate: (parameters) => prepared.iterate(...parameters) as unknown as Iterable<readonly SqlValue[]>,
    run: (parameters) => Number(prepared.run(...parameters).changes),
  };
}
