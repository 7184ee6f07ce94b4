/** The one handle that writes: opens the file, brings its tables in order, runs groups, and opens anew after trouble. */

import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import type { EntityModel } from "../../model/entity.ts";
import { Fault } from "../../model/fault.ts";
import type { SchemaDifference } from "../adapter.ts";
import { tableWriter } from "./apply.ts";
import { connect, type Connection } from "./connection.ts";
import { classify, CODE, SqliteFailure, spoilsHandle } from "./failure.ts";
import { runGroup } from "./group.ts";
import type { Answer, Job } from "./job.ts";
import { foreignness, hasMeta } from "./meta.ts";
import { applySchema, verifySchema } from "./schema.ts";
import { tableOf, type Table } from "./table.ts";

export interface WriterOptions {
  /** Name in the configuration. */
  readonly store: string;
  /** Absolute, or ":memory:". */
  readonly path: string;
  readonly tables: "auto" | "check" | "migrate" | "off";
  readonly busyTimeout: number;
  readonly entities: readonly EntityModel[];
}

export interface Writer {
  /** What was changed in the schema at the start. */
  readonly applied: readonly string[];
  /** Whether outcomes can be recorded. */
  readonly keepsRequests: boolean;
  /** Answers jobs[i] at [i]; never throws. */
  run(jobs: readonly Job[]): readonly Answer[];
  /** The handle, where readers share it. */
  connection(): Connection;
  close(): void;
}

/** Throws a Fault that names the file: at the start, its path helps and is no secret. */
export function createWriter(Driver: typeof DatabaseSync, options: WriterOptions): Writer {
  const tables = options.entities.map(tableOf);
  const writers = new Map(tables.map((table) => [table.entity, tableWriter(table)]));
  const opened = openFirst(Driver, options, tables);
  let connection: Connection | undefined = opened.connection;

  const live = (): Connection => {
    connection ??= connect(Driver, { path: options.path, mode: "write", busyTimeout: options.busyTimeout });
    return connection;
  };
  const drop = (): void => {
    const spoilt = connection;
    connection = undefined;
    spoilt?.close();
  };
  return {
    applied: opened.applied,
    keepsRequests: hasMeta(opened.connection),
    connection: live,
    run: (jobs) => {
      let answers: readonly Answer[];
      try {
        answers = runGroup({ connection: live(), writers }, jobs);
      } catch (error) {
        return jobs.map(() => ({ kind: "failed", error }));
      }
      const isSpoilt = answers.some((answer) => answer.kind === "failed" && spoilsHandle(answer.error));
      if (isSpoilt && options.path !== ":memory:") closeQuietly(drop);
      return answers;
    },
    close: drop,
  };
}

/** A handle that is given up may fail to close; what it held is released with the process. */
function closeQuietly(close: () => void): void {
  try {
    close();
  } catch {
    return;
  }
}

function openFirst(
  Driver: typeof DatabaseSync,
  options: WriterOptions,
  tables: readonly Table[],
): { readonly connection: Connection; readonly applied: readonly string[] } {
  let connection: Connection | undefined;
  try {
    if (options.path !== ":memory:") mkdirSync(dirname(options.path), { recursive: true });
    connection = connect(Driver, { path: options.path, mode: "create", busyTimeout: options.busyTimeout });
    const foreign = foreignness(connection);
    if (foreign !== undefined) {
      throw new Fault("STORE_CORRUPT", `the SQLite file ${options.path} cannot be used: ${foreign}`, {
        store: options.store,
      });
    }
    return { connection, applied: bringInOrder(connection, options, tables) };
  } catch (error) {
    connection?.close();
    throw error instanceof Fault ? error : startFault(options, error);
  }
}

function bringInOrder(connection: Connection, options: WriterOptions, tables: readonly Table[]): readonly string[] {
  if (options.tables === "off") return [];
  const applied = options.tables === "auto" ? applySchema(connection, tables) : [];
  const differences = verifySchema(connection, tables);
  if (differences.length === 0) return applied;
  throw new Fault(
    "SCHEMA_DRIFT",
    `the SQLite file ${options.path} does not fit its entities: ${differences.map(differenceText).join("; ")}`,
    { store: options.store },
  );
}

function differenceText({ entity, table, what }: SchemaDifference): string {
  return `table ${table} (${entity}): ${what}`;
}

/** The file system's errors have no result code of SQLite; they mean that the file cannot be opened. */
function startFault(options: WriterOptions, error: unknown): Fault {
  const isFileError = error instanceof Error && "syscall" in error;
  const fault = classify(isFileError ? new SqliteFailure(CODE.cannotOpen, {}, error) : error);
  return new Fault(fault.reason, `the SQLite file ${options.path} cannot be opened: ${fault.message}`, {
    ...fault.detail,
    store: options.store,
    cause: error,
  });
}
