/** The one handle that writes: opens the file, brings its tables in order, runs groups, and opens anew after trouble. */

import { dirname } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import type { EntityModel } from "../../../model/entity.ts";
import { makeDirectory } from "../../../make-directory.ts";
import { Fault } from "../../../model/fault.ts";
import type { OpenOptions } from "../../opening.ts";
import { NO_DERIVATIONS, type Derivations, type DerivationSource } from "../../derivation.ts";
import { tableWriters, type TableWriters } from "./table-writer.ts";
import { connect, type Connection, type ConnectionOptions, type Damage } from "../connection.ts";
import { classify, CODE, SqliteFailure, spoilsHandle } from "../failure.ts";
import { watchFile, type FileWatch } from "../file-watch.ts";
import { runGroup } from "./write-transaction.ts";
import type { Answer, Job } from "./job.ts";
import { assertOurs, foreignness, hasMeta } from "../tables/meta.ts";
import { survey, type EntityState, type Survey } from "../tables/survey.ts";
import type { Table } from "../../sql/table.ts";
import { tableOf } from "../tables/table.ts";

export interface WriterOptions {
  /** Name in the configuration. */
  readonly store: string;
  /** Absolute, or ":memory:". */
  readonly path: string;
  readonly tables: OpenOptions["tables"];
  readonly busyTimeout: number;
  readonly entities: readonly EntityModel[];
  readonly derivations?: readonly DerivationSource[];
}

export interface Writer {
  /** What was added to the schema at the start, and how every entity lies in the file. */
  readonly survey: Survey;
  /** Whether outcomes can be recorded. */
  readonly keepsRequests: boolean;
  /** Answers jobs[i] at [i]; never throws. */
  run(jobs: readonly Job[]): readonly Answer[];
  /** The handle, where readers share it. */
  connection(): Connection;
  close(): void;
}

/** Throws a Fault that names the file: at the start, its path helps and is no secret. */
export function createWriter(
  Driver: typeof DatabaseSync,
  options: WriterOptions,
  derivations: Derivations = NO_DERIVATIONS,
): Writer {
  const opened = openFirst(Driver, options);
  let writers = writersOf(options.entities, opened.survey.states);
  const keepsRequests = hasMeta(opened.connection);
  const { damages, file } = opened;
  let connection: Connection | undefined = opened.connection;

  const live = (): Connection => {
    if (connection && file && !file.isSame()) closeQuietly(drop);
    return (connection ??= openAnew(Driver, options, { keepsRequests, damages, file }));
  };
  const drop = (): void => {
    const spoilt = connection;
    connection = undefined;
    spoilt?.close();
  };
  const surveyed = (current: Connection, tables: "auto" | "check"): Survey => {
    const found = survey(current, options.entities, tables === "check" && options.tables === "off" ? "off" : tables);
    writers = writersOf(options.entities, found.states);
    return found;
  };
  return {
    survey: opened.survey,
    keepsRequests,
    connection: live,
    run: (jobs) => {
      let answers: readonly Answer[];
      try {
        const current = live();
        answers = runGroup(
          {
            connection: current,
            writers,
            entities: options.entities,
            damage: damages.last,
            derivations,
            survey: (tables) => surveyed(current, tables),
          },
          jobs,
        );
      } catch (error) {
        return jobs.map(() => ({ kind: "failed", error }));
      }
      if (answers.some((answer) => answer.kind === "probe")) damages.last = undefined;
      const isSpoilt = answers.some((answer) => answer.kind === "failed" && spoilsHandle(answer.error));
      if (isSpoilt && options.path !== ":memory:") closeQuietly(drop);
      return answers;
    },
    close: drop,
  };
}

/** Of the entities that are served. */
function writersOf(entities: readonly EntityModel[], states: readonly EntityState[]): TableWriters {
  return tableWriters(
    new Map(
      entities.flatMap((entity, i): [EntityModel, () => Table][] => {
        const state = states[i];
        return state && state.drift.length === 0 ? [[entity, () => tableOf(entity, state.layout)]] : [];
      }),
    ),
  );
}

/** A handle that is given up may fail to close; what it held is released with the process. */
function closeQuietly(close: () => void): void {
  try {
    close();
  } catch {
    return;
  }
}

/** What was last found damaged; outlives the handle that found it. */
interface Damages {
  last: Damage | undefined;
}

interface Opened {
  readonly connection: Connection;
  readonly survey: Survey;
  readonly damages: Damages;
  readonly file: FileWatch | undefined;
}

function openFirst(Driver: typeof DatabaseSync, options: WriterOptions): Opened {
  const { path, busyTimeout } = options;
  const damages: Damages = { last: undefined };
  const file = path === ":memory:" ? undefined : watchFile(path);
  let connection: Connection | undefined;
  try {
    if (file) makeDirectory(dirname(path));
    const inspect = (opening: Connection): void => {
      const foreign = foreignness(opening);
      if (foreign === undefined) return;
      throw new Fault("STORE_CORRUPT", `the SQLite file ${path} cannot be used: ${foreign}`, { store: options.store });
    };
    connection = connect(Driver, { path, mode: "create", busyTimeout, inspect, ...handleCare(file, damages) });
    return { connection, survey: bringInOrder(connection, options), damages, file };
  } catch (error) {
    connection?.close();
    throw error instanceof Fault ? error : startFault(options, error);
  }
}

interface Kept extends Pick<Opened, "damages" | "file"> {
  readonly keepsRequests: boolean;
}

/** While it serves: the file must be there, be ours, and fit; what callers are answered names no file. */
function openAnew(Driver: typeof DatabaseSync, options: WriterOptions, kept: Kept): Connection {
  const { path, busyTimeout } = options;
  const { file } = kept;
  const inspect = (opening: Connection): void => assertOurs(opening, kept.keepsRequests);
  const connection = connect(Driver, { path, mode: "write", busyTimeout, inspect, ...handleCare(file, kept.damages) });
  try {
    if (file?.isAnother()) {
      bringInOrder(connection, options);
      file.accept();
    }
    return connection;
  } catch (error) {
    connection.close();
    if (!(error instanceof Fault) || error.reason !== "SCHEMA_DRIFT") throw error;
    throw new Fault("SCHEMA_DRIFT", "the database file was replaced by one whose tables do not fit", { cause: error });
  }
}

function handleCare(file: FileWatch | undefined, damages: Damages): Pick<ConnectionOptions, "file" | "onDamage"> {
  const onDamage = (damage: Damage): void => {
    damages.last = damage;
  };
  return file ? { file, onDamage } : { onDamage };
}

/** With `check` and `migrate` a difference refuses the start; with `auto` it takes out its entity alone. */
function bringInOrder(connection: Connection, options: WriterOptions): Survey {
  const found = survey(connection, options.entities, options.tables);
  const differences = found.states.flatMap((state) => state.drift.map((drift) => differenceText(state, drift.what)));
  if (differences.length === 0 || (options.tables !== "check" && options.tables !== "migrate")) return found;
  throw new Fault(
    "SCHEMA_DRIFT",
    `the SQLite file ${options.path} does not fit its entities: ${differences.join("; ")}`,
    { store: options.store },
  );
}

function differenceText({ entity, layout }: EntityState, what: string): string {
  return `table ${layout.view.table} (${entity}): ${what}`;
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
