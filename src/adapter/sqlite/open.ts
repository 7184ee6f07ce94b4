/** SQLite as a store: one writer with group commit, reads inline on a handle of their own. */

import { constants } from "node:fs";
import { access } from "node:fs/promises";
import type { Call } from "../../model/call.ts";
import type { EntityModel } from "../../model/entity.ts";
import type { Fault } from "../../model/fault.ts";
import type { Adapter, ReadOutcome, ReadRequest, Reads } from "../adapter.ts";
import type { AdapterLog, OpenOptions } from "../opening.ts";
import type { Schema, SchemaDifference } from "../schema.ts";
import { loadDerivations } from "../derivation.ts";
import { readSteps } from "../embedded/read-steps.ts";
import { imagingIn } from "../writing/derived-rows.ts";
import { settingsOf } from "../embedded/settings.ts";
import { startSweeper } from "../runtime/sweeper.ts";
import { gaugesOf, WriteQueue, type GroupStats } from "../embedded/write-queue.ts";
import { pacer } from "../runtime/pacer.ts";
import { KnownPaths } from "../planner/known-paths.ts";
import { planOrdered, type OrderedStore } from "../planner/planner.ts";
import { isExpressible } from "../sql/filter.ts";
import { toldOf } from "../sql/surveyed.ts";
import { tellDrift, type EntityDrift } from "../runtime/tell-drift.ts";
import { READER_CACHE_BYTES, SNAPSHOT_CACHE_BYTES, WRITER_CACHE_BYTES } from "./connection.ts";
import { SORTED } from "../planner/row-order.ts";
import { sqliteCapabilities } from "./capabilities.ts";
import { contractMark, schemaMark } from "./tables/contracts.ts";
import { countWithPauses } from "./reading/count.ts";
import { classify, stopsWriting } from "./failure.ts";
import { inspect, type OpenedDatabase } from "./inspection.ts";
import { weightOf, type JobQueue } from "./writing/job.ts";
import { fileReadHandle, sharedReadHandle, type ReadHandle, type ReadHandleOptions } from "./reading/read-handle.ts";
import { createPointReader } from "./reading/read.ts";
import { scanWindow, type ScanSource } from "./reading/scan.ts";
import { createPlaced, type Placed } from "./tables/placed.ts";
import type { Addition } from "./tables/schema.ts";
import { checkSettings, SQLITE_STORE } from "./settings.ts";
import { fileSnapshots, memorySnapshots, MOST_HANDLES, stillSnapshots, type Snapshots } from "./reading/snapshots.ts";
import { sweepStepOf } from "./writing/sweep.ts";
import type { EntityState, Survey } from "./tables/survey.ts";
import { startThread, type GroupRunner } from "./writing/thread.ts";
import { unfitEntities } from "./tables/unfit.ts";
import { createWriter, type WriterOptions } from "./writing/writer.ts";

export { sqliteAbilities as abilities } from "./abilities.ts";

/** Bytes that the C library keeps of what SQLite has given back. */
const FREED = 16_000 * 1_024;

/** Bytes: the pages that the reading handles and the writing one keep, what is freed and kept, and the writer's thread with its heap. */
export const memory: number =
  READER_CACHE_BYTES + WRITER_CACHE_BYTES + MOST_HANDLES * SNAPSHOT_CACHE_BYTES + FREED + 18 * 1_048_576;

export { checkSettings };

/** An Adapter that also says how its writes were grouped. */
export interface SqliteAdapter extends Adapter {
  stats(): GroupStats;
}

const POOL_UNUSED = "pool.max has no use here: one thread writes to the file, and a few handles read it";

/** Rejects with a Fault that names the file where it cannot be used. */
export async function open(given: OpenOptions): Promise<SqliteAdapter> {
  const unfit = unfitEntities(given.entities);
  const options = { ...given, entities: given.entities.filter((entity) => !unfit.has(entity)) };
  const { numbers, path } = settingsOf(options, SQLITE_STORE);
  if ("pool.max" in options.settings) options.log.warn({ store: options.store }, POOL_UNUSED);
  const { DatabaseSync } = await import("node:sqlite");
  const writerOptions: WriterOptions = {
    store: options.store,
    path,
    tables: options.tables,
    busyTimeout: numbers.busy_timeout_ms,
    entities: options.entities,
    ...(options.derivations && { derivations: options.derivations }),
  };
  const damages: ReadHandleOptions["damages"] = { last: undefined };
  const { runner, handle } = await started(DatabaseSync, { ...writerOptions, damages }, options.log);
  tellAdditions(options, runner.survey.applied);
  if (options.tables !== "inspect") tellDrift(options, driftOf(runner.survey.states));
  const trouble = { isWriting: false };
  const limits = { waiting: numbers.queue, group: numbers.group };
  const queue: JobQueue = new WriteQueue(runner, weightOf, limits, {
    onGroup: (jobs) => options.log.debug({ jobs }, "group committed"),
    onFailure: (error) => {
      trouble.isWriting ||= stopsWriting(error);
    },
  });
  const stopSweeping = startSweeper(sweepStepOf(queue), options, numbers.sweep_interval_ms);
  const snapshots =
    path === ":memory:"
      ? memorySnapshots(handle, queue)
      : options.tables === "inspect"
        ? stillSnapshots(handle)
        : fileSnapshots(DatabaseSync, { path, keepsRequests: runner.keepsRequests, damages });
  return assemble({ options, unfit, path, runner, handle, snapshots, queue, stopSweeping, trouble });
}

async function started(
  Driver: typeof import("node:sqlite").DatabaseSync,
  { damages, ...options }: WriterOptions & Pick<ReadHandleOptions, "damages">,
  log: AdapterLog,
): Promise<OpenedDatabase> {
  const { path, tables } = options;
  if (path === ":memory:") return inline(Driver, options);
  if (tables === "inspect") return inspect(Driver, options);
  const runner = await startThread(options, log);
  return { runner, handle: fileReadHandle(Driver, { path, keepsRequests: runner.keepsRequests, damages }) };
}

/** One line for what was added, and each thing at level debug. */
function tellAdditions({ log, store }: OpenOptions, applied: readonly Addition[]): void {
  if (applied.length === 0) return;
  const counts = { table: 0, column: 0, index: 0, rename: 0 };
  for (const { kind } of applied) counts[kind] += 1;
  const { table: tables, column: columns, index: indexes, rename: renames } = counts;
  log.info({ store, tables, columns, indexes, renames }, "tables were brought in order");
  for (const { text } of applied) log.debug({ store }, `schema: ${text}`);
}

function driftOf(states: readonly EntityState[]): readonly EntityDrift[] {
  return states.map(({ entity, drift }) => ({ entity, drift: drift.map(({ what }) => what) }));
}

/** In memory the writer works on the serving thread: another thread would need a shared cache, whose locks keep readers out. */
async function inline(
  Driver: typeof import("node:sqlite").DatabaseSync,
  options: WriterOptions,
): Promise<OpenedDatabase> {
  const derivations = await loadDerivations(options.derivations, options.entities);
  const writer = createWriter(Driver, options, derivations);
  const runner: GroupRunner = {
    survey: writer.survey,
    keepsRequests: writer.keepsRequests,
    run: async (jobs) => writer.run(jobs),
    close: async () => writer.close(),
  };
  return { runner, handle: sharedReadHandle(writer) };
}

interface Parts {
  readonly unfit: ReadonlyMap<EntityModel, string>;
  readonly snapshots: Snapshots;
  readonly options: OpenOptions;
  readonly path: string;
  readonly runner: GroupRunner;
  readonly handle: ReadHandle;
  readonly queue: JobQueue;
  readonly stopSweeping: () => void;
  /** Whether a write was seen to fail for the file's sake, and no probe to succeed since. */
  readonly trouble: { isWriting: boolean };
}

function assemble(parts: Parts): SqliteAdapter {
  const { options, unfit, path, runner, handle, snapshots, queue, stopSweeping } = parts;
  const placed = createPlaced(options.entities, runner.survey.states);
  const { tableFor } = placed;
  placed.mark = markOf(options, handle);
  const points = createPointReader(tableFor);
  const paths = new KnownPaths();
  const readsOf = (source: ScanSource): Reads => ({
    // Whoever reads more than once must let others have their turn.
    read: async (request) => pacer.run("continue", () => points.read(source.connection(), source.shared, request)),
    scan: (plan, window, call) => scanWindow(source, tableFor(plan.entity), plan, window, call),
    count: (plan, count, call) => countWithPauses(source, tableFor(plan.entity), plan, count, call),
  });
  return {
    capabilities: sqliteCapabilities({ durable: path !== ":memory:", keepsRequests: runner.keepsRequests }),
    plan: (query) => planOrdered(query, orderedStore(query.entity), paths),
    unfit,
    classify: (error): Fault => classify(error).within({ store: options.store }),
    read: (request, call) =>
      handle.attempt(call, () => paced(request, () => points.read(handle.connection(), handle.shared, request))),
    scan: (plan, window, call) =>
      handle.attempt(call, () => scanWindow(handle, tableFor(plan.entity), plan, window, call)),
    count: (plan, count, call) =>
      handle.attempt(call, () => countWithPauses(handle, tableFor(plan.entity), plan, count, call)),
    consistent: (body, call) => snapshots.run((source) => body(readsOf(source)), call),
    write: async (asked, call) => {
      const { mutations, atomic, returning, trim, request } = asked;
      const job = { kind: "write", mutations, atomic, returning, trim, request, ...imagingIn(asked) } as const;
      const answer = await queue.submit(job, call);
      if (answer.kind !== "write") throw new TypeError("a write got another job's answer");
      return answer.result;
    },
    execute: async (asked, call) => {
      const { steps, required, trim, request } = asked;
      if (!request && steps.every(({ kind }) => kind !== "write"))
        return snapshots.run((source) => readSteps({ reads: readsOf(source), steps, required, trim }, call), call);
      const job = { kind: "execute", steps, required, trim, request, ...imagingIn(asked) } as const;
      const answer = await queue.submit(job, call);
      if (answer.kind !== "execute") throw new TypeError("a transaction got another job's answer");
      return answer.result;
    },
    numbers: async ({ entity, ordinal, count }, call) => {
      const answer = await queue.submit({ kind: "numbers", entity: entity.name, ordinal, count }, call);
      if (answer.kind !== "numbers") throw new TypeError("a request for numbers got another job's answer");
      return Array.from({ length: count }, (_, i) => answer.last - BigInt(count - 1 - i));
    },
    schema: { ...schemaOf(queue, placed), ...(runner.isAbsent && { isAbsent: true }) },
    ping: (call) => ping(parts, placed, call),
    stats: () => queue.stats(),
    gauges: () => gaugesOf(queue.stats()),
    close: async () => {
      stopSweeping();
      await queue.drain();
      snapshots.close();
      handle.close(); // first: the handle that closes last cleans up, and only the writer can
      await runner.close();
    },
  };
}

/** One row is read at once, many when there is room in a turn of the event loop. */
function paced(
  { keys }: ReadRequest,
  read: () => readonly ReadOutcome[],
): readonly ReadOutcome[] | Promise<readonly ReadOutcome[]> {
  return keys.length === 1 ? read() : pacer.run("begin", read);
}

function orderedStore(entity: EntityModel): OrderedStore {
  return {
    ...SORTED,
    pushes: (condition) => {
      const field = entity.fields[condition.ordinal];
      return field !== undefined && isExpressible(condition, field.type);
    },
  };
}

function schemaOf(queue: JobQueue, placed: Placed): Schema {
  const ask = async (kind: "verify" | "apply", call: Call): Promise<Survey> => {
    const answer = await queue.submit({ kind }, call);
    if (answer.kind !== "survey") throw new TypeError("an inspection of the schema got another job's answer");
    placed.adopt(answer.survey.states);
    return answer.survey;
  };
  return {
    verify: async (call) => (await ask("verify", call)).states.flatMap(differencesOf),
    apply: async (call) => (await ask("apply", call)).applied.map(({ text }) => text),
    plan: async (call) => {
      const answer = await queue.submit({ kind: "plan" }, call);
      if (answer.kind !== "plan") throw new TypeError("a plan got another job's answer");
      return answer.plans;
    },
    convert: async ({ entity, accept, rows }, call) => {
      const answer = await queue.submit({ kind: "convert", entity: entity.name, accept, rows }, call);
      if (answer.kind !== "convert") throw new TypeError("a conversion got another job's answer");
      if (answer.progress.status === "done") await ask("verify", call);
      return answer.progress;
    },
    drop: async (request, call) => {
      const answer = await queue.submit({ kind: "drop", ...request }, call);
      if (answer.kind !== "convert") throw new TypeError("a drop got another job's answer");
      return answer.progress;
    },
    contract: (entity) => toldOf(placed.stateOf(entity)),
  };
}

function differencesOf({ entity, layout, drift }: EntityState): readonly SchemaDifference[] {
  return drift.map(({ what, additive }) => ({ entity, table: layout.view.table, what, additive }));
}

/**
 * Looks at the file, reads a page of it, and asks the damaged place again where there was one. It writes only where writing
 * has failed or may: a write is what shows a full or read-only disk, and too much to do every few seconds.
 */
async function ping(parts: Parts, placed: Placed, call: Call): Promise<void> {
  const { path, handle, queue, trouble } = parts;
  await handle.attempt(call, () => handle.probe());
  await lookAgain(parts, placed, call);
  if (path === ":memory:") return;
  if (!trouble.isWriting && (await isWritable(path))) return;
  trouble.isWriting = true;
  await queue.submit({ kind: "probe" }, call);
  trouble.isWriting = false;
}

/** With `tables: off` differences are not looked for, so that only contracts say that an entity is not served. */
function markOf({ tables }: OpenOptions, handle: ReadHandle): string {
  return tables === "off" ? contractMark(handle.connection()) : schemaMark(handle.connection());
}

/** Another process may have brought the contracts on, or back, or may have changed tables by itself. */
async function lookAgain({ handle, queue, options }: Parts, placed: Placed, call: Call): Promise<void> {
  if (options.tables === "inspect") return;
  const mark = await handle.attempt(call, () => markOf(options, handle));
  if (mark === placed.mark) return;
  const answer = await queue.submit({ kind: "verify" }, call);
  if (answer.kind !== "survey") throw new TypeError("an inspection of the schema got another job's answer");
  placed.adopt(answer.survey.states);
  if (placed.mark !== undefined) tellDrift(options, driftOf(answer.survey.states));
  placed.mark = mark;
}

async function isWritable(path: string): Promise<boolean> {
  return access(path, constants.W_OK).then(
    () => true,
    () => false,
  );
}
