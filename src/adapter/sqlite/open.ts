/** SQLite as a store: one writer with group commit, reads inline on a handle of their own. */

import type { Call } from "../../model/call.ts";
import type { EntityModel } from "../../model/entity.ts";
import type { Fault } from "../../model/fault.ts";
import type { Adapter, Gauges, OpenOptions, Schema } from "../adapter.ts";
import { planOrdered, type OrderedStore } from "../conjuncts.ts";
import { isExpressible } from "../sql/filter.ts";
import { sqliteCapabilities } from "./capabilities.ts";
import { countRows } from "./count.ts";
import { classify } from "./failure.ts";
import { createWriteQueue, type GroupStats, type WriteQueue } from "./queue.ts";
import { fileReadHandle, sharedReadHandle, type ReadHandle } from "./read-handle.ts";
import { createPointReader } from "./read.ts";
import { scanWindow } from "./scan.ts";
import { pathOf, settingsOf } from "./settings.ts";
import { startSweeper } from "./sweep.ts";
import { tableOf, type Table } from "./table.ts";
import { startThread, type GroupRunner } from "./thread.ts";
import { createWriter, type WriterOptions } from "./writer.ts";

/** An Adapter that also says how its writes were grouped. */
export interface SqliteAdapter extends Adapter {
  stats(): GroupStats;
}

/** Rejects with a Fault that names the file where it cannot be used. */
export async function open(options: OpenOptions): Promise<SqliteAdapter> {
  const settings = settingsOf(options);
  const path = pathOf(options);
  const { DatabaseSync } = await import("node:sqlite");
  const writerOptions: WriterOptions = {
    store: options.store,
    path,
    tables: options.tables,
    busyTimeout: settings.busyTimeout,
    entities: options.entities,
  };
  const { runner, handle } =
    path === ":memory:"
      ? inline(DatabaseSync, writerOptions)
      : { runner: await startThread(writerOptions, options.log), handle: fileReadHandle(DatabaseSync, path) };
  for (const text of runner.applied) options.log.info({ store: options.store }, `schema: ${text}`);
  const limits = { waiting: settings.queue, group: settings.group };
  const queue = createWriteQueue(runner, limits, (jobs) => options.log.debug({ jobs }, "group committed"));
  const stopSweeping = startSweeper(queue, options, settings.sweepInterval);
  return assemble({ options, path, runner, handle, queue, stopSweeping });
}

/** In memory the writer works on the serving thread: another thread would need a shared cache, whose locks keep readers out. */
function inline(
  Driver: typeof import("node:sqlite").DatabaseSync,
  options: WriterOptions,
): { readonly runner: GroupRunner; readonly handle: ReadHandle } {
  const writer = createWriter(Driver, options);
  const runner: GroupRunner = {
    applied: writer.applied,
    keepsRequests: writer.keepsRequests,
    run: async (jobs) => writer.run(jobs),
    close: async () => writer.close(),
  };
  return { runner, handle: sharedReadHandle(writer) };
}

interface Parts {
  readonly options: OpenOptions;
  readonly path: string;
  readonly runner: GroupRunner;
  readonly handle: ReadHandle;
  readonly queue: WriteQueue;
  readonly stopSweeping: () => void;
}

function assemble({ options, path, runner, handle, queue, stopSweeping }: Parts): SqliteAdapter {
  const tables = new Map(options.entities.map((entity) => [entity, tableOf(entity)]));
  const tableFor = (entity: EntityModel): Table => {
    const table = tables.get(entity);
    if (!table) throw new TypeError(`${entity.name} is not of this store`);
    return table;
  };
  const points = createPointReader(tableFor);
  return {
    capabilities: sqliteCapabilities({ durable: path !== ":memory:", keepsRequests: runner.keepsRequests }),
    plan: (query) => planOrdered(query, orderedStore(query.entity)),
    classify: (error): Fault => classify(error).within({ store: options.store }),
    read: (request, call) => handle.attempt(call, () => points.read(handle.connection(), handle.shared, request)),
    scan: (plan, window, call) =>
      handle.attempt(call, () => scanWindow(handle, tableFor(plan.entity), plan, window, call)),
    count: (plan, count, call) =>
      handle.attempt(call, () => countRows(handle, tableFor(plan.entity), plan, count, call)),
    write: async ({ mutations, atomic, returning, request }, call) => {
      const answer = await queue.submit({ kind: "write", mutations, atomic, returning, request }, call);
      if (answer.kind !== "write") throw new TypeError("a write got another job's answer");
      return answer.result;
    },
    execute: async ({ steps, required, request }, call) => {
      const answer = await queue.submit({ kind: "execute", steps, required, request }, call);
      if (answer.kind !== "execute") throw new TypeError("a transaction got another job's answer");
      return answer.result;
    },
    schema: schemaOf(queue),
    ping: (call) => ping(handle, call),
    stats: () => queue.stats(),
    gauges: () => gaugesOf(queue.stats()),
    close: async () => {
      stopSweeping();
      await queue.drain();
      handle.close(); // first: the handle that closes last cleans up, and only the writer can
      await runner.close();
    },
  };
}

function orderedStore(entity: EntityModel): OrderedStore {
  return {
    keyOrder: true,
    indexOrder: true,
    range: true,
    absentInIndex: true,
    pushes: (condition) => {
      const field = entity.fields[condition.ordinal];
      return field !== undefined && isExpressible(condition, field.type);
    },
  };
}

/** The last of the sizes holds everything above the one before. */
function gaugesOf({ waiting, sizes, jobs }: GroupStats): Gauges {
  const bounds = sizes.slice(0, -1).map((_, power) => 2 ** power);
  return { waiting, commitGroups: { bounds, counts: sizes, sum: jobs } };
}

function schemaOf(queue: WriteQueue): Schema {
  return {
    verify: async (call) => {
      const answer = await queue.submit({ kind: "verify" }, call);
      if (answer.kind !== "verify") throw new TypeError("a comparison got another job's answer");
      return answer.differences;
    },
    apply: async (call) => {
      const answer = await queue.submit({ kind: "apply" }, call);
      if (answer.kind !== "apply") throw new TypeError("a change of the schema got another job's answer");
      return answer.done;
    },
  };
}

/** Looks at the file itself, and reads a page of it. */
function ping(handle: ReadHandle, call: Call): Promise<void> {
  return handle.attempt(call, () => {
    const connection = handle.connection();
    connection.assertSameFile();
    connection.statement("SELECT count(*) FROM sqlite_schema").get([]);
  });
}
