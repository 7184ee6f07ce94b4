/**
 * A group of jobs in one transaction with one commit. A mutation that fails leaves no trace and its neighbours alone: a
 * statement that fails undoes itself, and what is all or nothing has a savepoint. Only what breaks the transaction (disk,
 * corruption, locks) fails the whole group.
 */

import { tooManyToCount } from "../../capabilities.ts";
import type { EntityModel } from "../../../model/entity.ts";
import type { Mutation } from "../../../model/mutation.ts";
import { isVisible } from "../../../model/visibility.ts";
import type { ExecuteStep, ImageOptions, RecordedRequest, StepOutcome, WriteOutcome } from "../../adapter.ts";
import type { Derivations } from "../../derivation.ts";
import { entityOf, onlyThisSaysWhy, succeeds } from "../../writing/all-or-nothing.ts";
import { withDerived } from "../../writing/derived-rows.ts";
import type { SqlValue } from "../../sql/sql-value.ts";
import { OutcomeTrimmer } from "../../writing/trim-outcomes.ts";
import type { TableWriter, TableWriters } from "./table-writer.ts";
import { microseconds } from "../../sql/storage.ts";
import { convert, drop } from "../conversion/conversion.ts";
import { askAgain, type Connection, type Damage } from "../connection.ts";
import { countAtOnce, MOST_COUNTED } from "../reading/count.ts";
import { CODE, codeOf, isContained, isDamage, primaryCode, SqliteFailure } from "../failure.ts";
import type {
  ConvertJob,
  DropJob,
  PlanJob,
  Answer,
  ExecuteJob,
  Job,
  NumbersJob,
  ProbeJob,
  SchemaJob,
  SweepJob,
  WriteJob,
} from "./job.ts";
import { plansOf } from "../conversion/row-plans.ts";
import { hasMeta, probeMeta } from "../tables/meta.ts";
import { takeNumbers } from "./numbers.ts";
import { forget, recalled, record } from "./request.ts";
import type { Survey } from "../tables/survey.ts";
import { columnAt } from "../../sql/table.ts";

export interface GroupContext {
  readonly connection: Connection;
  /** What was last found damaged, and not found whole since. */
  readonly damage?: Damage | undefined;
  /** Of the entities that are served. */
  readonly writers: TableWriters;
  /** All that are routed to the store. */
  readonly entities: readonly EntityModel[];
  readonly survey: (tables: "auto" | "check") => Survey;
  readonly derivations: Derivations;
}

/** Answers jobs[i] at [i]; never throws. */
export function runGroup(context: GroupContext, jobs: readonly Job[]): readonly Answer[] {
  const answers: Answer[] = [];
  for (let i = 0; i < jobs.length;) {
    const job = jobs[i];
    if (!job) break;
    if (runsAlone(job)) {
      answers.push(job.kind === "probe" ? runProbe(context) : runSchema(context, job));
      i += 1;
      continue;
    }
    const end = jobs.findIndex((next, at) => at > i && runsAlone(next));
    const part = jobs.slice(i, end < 0 ? jobs.length : end);
    answers.push(...runTransaction(context, part));
    i += part.length;
  }
  return answers;
}

/** Whether a job must not be inside a transaction of writes. */
function runsAlone(job: Job): job is SchemaJob | PlanJob | ConvertJob | DropJob | ProbeJob {
  return job.kind !== "write" && job.kind !== "execute" && job.kind !== "sweep" && job.kind !== "numbers";
}

function runProbe({ connection, damage }: GroupContext): Answer {
  try {
    if (damage) {
      connection.exec("BEGIN IMMEDIATE");
      askAgain(connection, damage);
      connection.exec("ROLLBACK");
    }
    probeMeta(connection);
    return { kind: "probe" };
  } catch (error) {
    undo(connection);
    return { kind: "failed", error };
  }
}

function runTransaction(context: GroupContext, jobs: readonly Job[]): readonly Answer[] {
  const { connection } = context;
  let isCommitting = false;
  try {
    connection.statement("BEGIN IMMEDIATE").run([]);
    const answers = jobs.map((job) => runJob(context, job));
    isCommitting = true;
    connection.statement("COMMIT").run([]);
    return answers;
  } catch (error) {
    const isUndone = undo(connection);
    // Room for one may be there where there is none for all, and one may need no damaged page.
    if (isUndone && jobs.length > 1 && (isFull(error) || (isDamage(error) && !isCommitting))) {
      return jobs.flatMap((job) => runTransaction(context, [job]));
    }
    const failure = isCommitting && isUncertain(error, isUndone) ? uncertain(error) : error;
    return jobs.map(() => ({ kind: "failed", error: failure }));
  }
}

function isFull(error: unknown): boolean {
  return primaryCode(codeOf(error) ?? 0) === CODE.full;
}

/** Whether nothing of the transaction is left. */
function undo(connection: Connection): boolean {
  try {
    if (connection.database.isTransaction) connection.exec("ROLLBACK");
    return true;
  } catch {
    return false;
  }
}

/**
 * A COMMIT that failed was rolled back. But one whose last sync failed has its frames in the WAL already, checksums and
 * all: if the process ends before the next commit writes over them, recovery may find them whole.
 */
function isUncertain(error: unknown, isUndone: boolean): boolean {
  const code = codeOf(error);
  return !isUndone || code === undefined || code === CODE.syncFailed || code === CODE.syncDirectoryFailed;
}

function uncertain(error: unknown): SqliteFailure {
  return new SqliteFailure(codeOf(error) ?? CODE.ioError, { uncertain: true }, error);
}

function runSchema(context: GroupContext, job: SchemaJob | PlanJob | ConvertJob | DropJob): Answer {
  try {
    switch (job.kind) {
      case "verify":
      case "apply":
        return { kind: "survey", survey: context.survey(job.kind === "apply" ? "auto" : "check") };
      case "plan":
        return { kind: "plan", plans: plansOf(context.connection, context.entities) };
      case "convert":
        return runConvert(context, job);
      case "drop":
        return { kind: "convert", progress: drop(context.connection, job) };
    }
  } catch (error) {
    return { kind: "failed", error };
  }
}

function runConvert({ connection, entities }: GroupContext, { entity: name, accept, rows }: ConvertJob): Answer {
  const entity = entities.find((candidate) => candidate.name === name);
  if (!entity) throw new TypeError(`${name} is not of this store`);
  return { kind: "convert", progress: convert(connection, { entity, accept, rows }) };
}

function runJob(context: GroupContext, job: Job): Answer {
  switch (job.kind) {
    case "write":
      return runWrite(context, job);
    case "execute":
      return runExecute(context, job);
    case "sweep":
      return runSweep(context, job);
    case "numbers":
      return runNumbers(context, job);
    case "verify":
    case "apply":
    case "plan":
    case "convert":
    case "drop":
    case "probe":
      throw new TypeError("the schema is not changed inside a transaction of writes");
  }
}

function runWrite(context: GroupContext, job: WriteJob): Answer {
  const asked = (outcome: WriteOutcome): WriteOutcome => (job.returning ? outcome : withoutRecord(outcome));
  if (!job.atomic && !job.request) {
    const trimmer = new OutcomeTrimmer(job.trim);
    const outcomes = job.mutations.map((mutation) =>
      trimmer.next(asked(runAlone(context, mutation, job.imaging)), mutation.entity),
    );
    return { kind: "write", result: { kind: "fresh", outcomes } };
  }
  const entities = job.mutations.map((mutation) => mutation.entity);
  const steps = job.mutations.map((mutation) => () => runMutation(context, mutation, job.imaging));
  const result = allOrNothing(context, { ...job, steps, entities, required: [] });
  if (result.kind === "failed" || result.kind === "reused") {
    return result.kind === "failed" ? result : { kind: "write", result };
  }
  return {
    kind: "write",
    result: { kind: result.kind, outcomes: result.outcomes.map((item) => asked(asWritten(item))) },
  };
}

function runExecute(context: GroupContext, job: ExecuteJob): Answer {
  const entities = job.steps.map(entityOf);
  const steps = job.steps.map((step) => () => runStep(context, step, job.imaging));
  const result = allOrNothing(context, { ...job, steps, entities });
  return result.kind === "failed" ? result : { kind: "execute", result };
}

type Together =
  | { readonly kind: "fresh" | "replayed"; readonly outcomes: readonly StepOutcome[] }
  | { readonly kind: "reused" }
  | { readonly kind: "failed"; readonly error: unknown };

interface Unit extends Pick<ExecuteJob, "required" | "trim" | "request"> {
  readonly steps: readonly (() => StepOutcome)[];
  /** By step. */
  readonly entities: readonly EntityModel[];
}

/** The first step that does not succeed undoes the others, which are then skipped. */
function allOrNothing({ connection }: GroupContext, { steps, entities, required, trim, request }: Unit): Together {
  if (request) {
    const known = recall(connection, request, entities);
    if (known) return known;
  }
  connection.statement("SAVEPOINT step").run([]);
  const undoStep = (): void => {
    connection.statement("ROLLBACK TO step").run([]);
    connection.statement("RELEASE step").run([]);
  };
  try {
    const trimmer = new OutcomeTrimmer(trim);
    const outcomes: StepOutcome[] = [];
    for (const [i, step] of steps.entries()) {
      const outcome = step();
      outcomes.push(trimmer.next(outcome, entities[i]));
      if (succeeds(outcome, required[i] === true)) continue;
      undoStep();
      return { kind: "fresh", outcomes: onlyThisSaysWhy(steps, i, outcome) };
    }
    if (request) record(connection, request, outcomes, entities);
    connection.statement("RELEASE step").run([]);
    return { kind: "fresh", outcomes };
  } catch (error) {
    if (!isContained(error) || !connection.database.isTransaction) throw error;
    undoStep();
    return { kind: "failed", error };
  }
}

/** A record that cannot be read fails its own call alone. */
function recall(
  connection: Connection,
  request: RecordedRequest,
  entities: readonly (EntityModel | undefined)[],
): ReturnType<typeof recalled> | { readonly kind: "failed"; readonly error: unknown } {
  try {
    return recalled(connection, request, entities);
  } catch (error) {
    if (!isContained(error)) throw error;
    return { kind: "failed", error };
  }
}

function asWritten(outcome: StepOutcome): WriteOutcome {
  if (outcome.status === "found" || outcome.status === "missing" || outcome.status === "counted") {
    throw new TypeError("a write was recorded as something else");
  }
  return outcome;
}

/** A mutation that leaves no trace where it, or a row that is made of it, does not apply. */
function runAlone(context: GroupContext, mutation: Mutation, imaging: ImageOptions | undefined): WriteOutcome {
  if (!imaging?.derive) return runMutation(context, mutation, imaging);
  const steps = [() => runMutation(context, mutation, imaging)];
  const unit = { steps, entities: [mutation.entity], required: [], request: undefined };
  const together = allOrNothing(context, unit);
  if (together.kind === "failed") return { status: "failed", error: together.error };
  const [outcome] = together.kind === "reused" ? [] : together.outcomes;
  if (!outcome) throw new TypeError("a mutation without an outcome");
  return asWritten(outcome);
}

function runMutation(context: GroupContext, mutation: Mutation, imaging: ImageOptions | undefined): WriteOutcome {
  const outcome = applyOne(context, mutation, imaging !== undefined);
  if (!imaging) return outcome;
  const { derivations } = context;
  return withDerived(outcome, mutation, { imaging, derivations }, (derived) => applyOne(context, derived, false));
}

function applyOne({ connection, writers }: GroupContext, mutation: Mutation, images: boolean): WriteOutcome {
  try {
    return writerOf(writers, mutation.entity).write(connection, mutation, images);
  } catch (error) {
    if (!isContained(error) || !connection.database.isTransaction) throw error;
    return { status: "failed", error };
  }
}

function runStep(context: GroupContext, step: ExecuteStep, imaging: ImageOptions | undefined): StepOutcome {
  const { connection, writers } = context;
  switch (step.kind) {
    case "write":
      return runMutation(context, step.mutation, imaging);
    case "count": {
      const { table } = writerOf(writers, step.plan.entity);
      const count = countAtOnce(connection, table, step.plan, step.options);
      return count === undefined
        ? { status: "failed", error: tooManyToCount(MOST_COUNTED) }
        : { status: "counted", count };
    }
    case "read": {
      const { entity, key } = step.key;
      const row = writerOf(writers, entity).read(connection, key);
      if (!row || !isVisible(entity, row.record, step.visible)) {
        return { status: "missing" };
      }
      return { status: "found", record: row.record };
    }
  }
}

function writerOf(writers: GroupContext["writers"], entity: EntityModel): TableWriter {
  const writer = writers.get(entity);
  if (!writer) throw new SqliteFailure(CODE.schema, { entity: entity.name }); // it waits for its tables
  return writer;
}

function withoutRecord(outcome: WriteOutcome): WriteOutcome {
  if (outcome.status !== "applied") return outcome;
  const { created, found, images } = outcome;
  return { status: "applied", created, found, ...(images && { images }) };
}

function runNumbers({ connection, writers, entities }: GroupContext, { entity, ordinal, count }: NumbersJob): Answer {
  const found = entities.find(({ name }) => name === entity);
  const table = found && writers.get(found)?.table;
  if (!table) return { kind: "failed", error: new SqliteFailure(CODE.schema, { entity }) }; // it waits for its tables
  return { kind: "numbers", last: takeNumbers(connection, table, ordinal, count) };
}

function runSweep({ connection, writers }: GroupContext, job: SweepJob): Answer {
  let swept = 0;
  let more = false;
  const remove = (sql: string, parameters: readonly SqlValue[]): void => {
    const removed = connection.statement(sql).run(parameters);
    swept += removed;
    more ||= removed >= job.limit;
  };
  if (!hasMeta(connection)) return { kind: "sweep", swept, more };
  for (const entity of writers.entities()) {
    const { expiresAt } = entity.managed;
    if (expiresAt === undefined) continue;
    const { table } = writerOf(writers, entity);
    const { sql: expires } = columnAt(table.columns, expiresAt);
    const key = table.key.map((column) => column.sql).join(", ");
    const due = `SELECT ${key} FROM ${table.sql} WHERE ${expires} <= ? ORDER BY ${expires} LIMIT ?`;
    remove(`DELETE FROM ${table.sql} WHERE (${key}) IN (${due})`, [microseconds(job.now), job.limit]);
  }
  const forgotten = forget(connection, job.now, job.limit);
  return { kind: "sweep", swept: swept + forgotten, more: more || forgotten >= job.limit };
}
