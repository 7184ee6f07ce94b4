/** A database looked at from outside: nothing is written, not even the files that a reader needs beside it. */

import { statSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { Fault } from "../../model/fault.ts";
import { connect, type Connection } from "./connection.ts";
import { classify, CODE, SqliteFailure } from "./failure.ts";
import type { Answer, Job } from "./writing/job.ts";
import { plansOf } from "./conversion/row-plans.ts";
import { foreignness, hasMeta } from "./tables/meta.ts";
import type { ReadHandle } from "./reading/read-handle.ts";
import { survey, type Survey } from "./tables/survey.ts";
import type { GroupRunner } from "./writing/thread.ts";
import type { WriterOptions } from "./writing/writer.ts";

/** What writes and what reads. */
export interface OpenedDatabase {
  readonly runner: GroupRunner;
  readonly handle: ReadHandle;
}

/** Where there is no file, an empty database in memory is inspected in place of what would be made. Throws a Fault that names the file. */
export function inspect(Driver: typeof DatabaseSync, options: WriterOptions): OpenedDatabase {
  const isAbsent = statSync(options.path, { throwIfNoEntry: false }) === undefined;
  const connection = isAbsent
    ? connect(Driver, { path: ":memory:", mode: "create", busyTimeout: 0 })
    : existing(Driver, options);
  const surveyed = (): Survey => survey(connection, options.entities, "inspect");
  const answerOf = ({ kind }: Job): Answer => {
    if (kind === "verify") return { kind: "survey", survey: surveyed() };
    if (kind === "plan") return { kind, plans: plansOf(connection, options.entities) };
    return { kind: "failed", error: new SqliteFailure(CODE.readOnly) };
  };
  const runner: GroupRunner = {
    survey: surveyed(),
    keepsRequests: isAbsent || hasMeta(connection),
    isAbsent,
    run: async (jobs) => jobs.map(answerOf),
    close: async () => connection.close(),
  };
  const handle: ReadHandle = {
    connection: () => connection,
    shared: false,
    attempt: async (_call, body) => body(),
    probe: () => {},
    close: () => {},
  };
  return { runner, handle };
}

function existing(Driver: typeof DatabaseSync, { path, store }: WriterOptions): Connection {
  let connection: Connection | undefined;
  try {
    // Without a -wal file nobody has it open, and SQLite need not make one to read it.
    const isOpen = (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0;
    connection = connect(Driver, { path, mode: isOpen ? "read" : "inspect", busyTimeout: 0 });
    const foreign = foreignness(connection);
    if (foreign === undefined) return connection;
    throw new Fault("STORE_CORRUPT", `the SQLite file ${path} cannot be used: ${foreign}`, { store });
  } catch (error) {
    connection?.close();
    if (error instanceof Fault) throw error;
    const { reason, message } = classify(error);
    throw new Fault(reason, `the SQLite file ${path} cannot be read: ${message}`, { store, cause: error });
  }
}
