/**
 * An ordered key-value engine as a store: one process, one writer with group commit, contracts in a catalog beside the engine's
 * files. A backend brings its engine, what the engine's errors mean, and what it publishes.
 */

import type { EntityModel } from "../../model/entity.ts";
import { Fault } from "../../model/fault.ts";
import type { Call } from "../../model/call.ts";
import type { Adapter, Reads, StepOutcome, WriteOutcome, WriteResult } from "../adapter.ts";
import type { OpenAdapter, OpenOptions } from "../opening.ts";
import type { ConversionProgress, EntityPlan } from "../schema.ts";
import { loadDerivations, type Derivations } from "../derivation.ts";
import { imagingIn } from "../writing/derived-rows.ts";
import { planOrdered, type OrderedStore } from "../planner/planner.ts";
import { tellDrift, type EntityDrift } from "../runtime/tell-drift.ts";
import { settingsOf, type EmbeddedSettings, type EmbeddedStore } from "./settings.ts";
import { startSweeper } from "../runtime/sweeper.ts";
import { classify } from "./unique-violation.ts";
import { gaugesOf, WriteQueue } from "./write-queue.ts";
import type { Capabilities } from "../capabilities.ts";
import type { RowOrders } from "../planner/row-order.ts";
import { claim, EMPTY, readCatalog, writeCatalog, type Catalog } from "./byte-catalog.ts";
import type { ByteStore, Source } from "../ordered/byte-store.ts";
import { readSteps } from "./read-steps.ts";
import { outcomeOf, readKeys } from "../ordered/read-keys.ts";
import { countRows, scanWindow } from "../ordered/read-plan.ts";
import { convert, drop, withoutConversion, type Converted } from "./byte-conversion.ts";
import { applySchema, clearGarbage, type Applied } from "./byte-schema.ts";
import { differencesOf, driftIn, layoutOf, removalsIn, stateOf, surveyed, unknownOf } from "./byte-contracts.ts";
import { createTable, type Layout, type Table } from "../ordered/byte-table.ts";
import { createWriter, type Answer, type Job } from "./byte-writer.ts";

/** Milliseconds between sweeps; most writes that wait; most writes in one commit. */
export type ByteSetting = "sweep_interval_ms" | "queue" | "group";

/** What differs between engines. */
export interface ByteEngine {
  /** Rejects with the engine's error where the place is held by another process or damaged. What it makes lies in the directory. */
  open(path: string): Promise<ByteStore>;
  /** Whether a directory holds the files of such an engine, whoever made them. */
  isDatabase(path: string): boolean;
  /** What the engine's own errors mean; undefined for those of others, which are known here. */
  engineFault(error: unknown): Fault | undefined;
  /** Whether another process has it open. */
  isLocked(error: unknown): boolean;
  readonly capabilities: Capabilities;
  readonly orders: RowOrders;
  readonly settings: EmbeddedStore<ByteSetting>;
}

/** Rows of one step of the sweep. */
const SWEPT_IN_STEP = 200;

/** Opens a store on the engine; rejects with a Fault that names the directory where it cannot be used. */
export function openerOn(kind: ByteEngine): OpenAdapter {
  return (options) => open(options, kind);
}

async function open(options: OpenOptions, kind: ByteEngine): Promise<Adapter> {
  const { numbers, path } = settingsOf(options, kind.settings);
  const { store, entities, tables, log } = options;
  const derivations = await loadDerivations(options.derivations, entities);
  if ("pool.max" in options.settings) log.warn({ store }, "pool.max has no use here: there is nothing to pool");
  const found = readCatalog(path, store, (at) => kind.isDatabase(at));
  if (tables === "inspect") return inspected(options, kind, found);
  if (tables === "check" || tables === "migrate") refuseDifferences(options, path, found ?? EMPTY);
  const engine = await opened(kind, path, store);
  let applied: Applied;
  try {
    // Only now: until the engine had the lock, another process could write it.
    const held = withoutVoid(readCatalog(path, store, (at) => kind.isDatabase(at)) ?? EMPTY, entities);
    await writeCatalog(path, held);
    const own = entities.filter((entity) => tables === "auto" || driftIn(held, entity).length === 0);
    const place = { engine, path };
    applied = await applySchema(place, held, own);
    applied = { ...applied, catalog: await clearGarbage(place, applied.catalog) };
    if (applied.done.length > 0) log.info({ store, changes: applied.done.length }, "tables were brought in order");
  } catch (error) {
    await engine.close();
    throw error;
  }
  tellDrift(options, driftOf(options, applied));
  return assemble(options, { kind, path, engine, applied, numbers, derivations });
}

/** Rows are filtered here, so that every condition can be pushed. */
function plannerOf({ orders }: ByteEngine): OrderedStore {
  return { ...orders, pushes: () => true };
}

/** Before anything is written: the store stays as it was found. */
function refuseDifferences({ entities, store }: OpenOptions, path: string, catalog: Catalog): void {
  const differences = entities.flatMap((entity) => differencesOf(catalog, entity));
  if (differences.length === 0) return;
  const lines = differences.map(({ table, entity, what }) => `table ${table} (${entity}): ${what}`);
  throw new Fault("SCHEMA_DRIFT", `the database in ${path} does not fit its entities: ${lines.join("; ")}`, { store });
}

/** Without conversions of entities that are served as they are: their rows are written, so what was copied is old. */
function withoutVoid(catalog: Catalog, entities: readonly EntityModel[]): Catalog {
  const unchanged = entities.filter((entity) => driftIn(catalog, entity).length === 0);
  return unchanged.reduce((so, { name }) => withoutConversion(so, name), catalog);
}

function driftOf({ entities }: OpenOptions, { catalog, refused }: Applied): readonly EntityDrift[] {
  return entities.map((entity) => ({
    entity: entity.name,
    drift: stateOf(catalog, entity, refused.get(entity)).drift,
  }));
}

/** A catalog comes first: the engine's files alone would be taken for another program's. */
async function opened(kind: ByteEngine, path: string, store: string): Promise<ByteStore> {
  try {
    await claim(path);
    return await kind.open(path);
  } catch (error) {
    const { reason, message } = classified(kind, error);
    // Of a lock the engine says less than we do.
    const cause = kind.isLocked(error) ? {} : { cause: error };
    throw new Fault(reason, `the database in ${path} cannot be opened: ${message}`, { store, ...cause });
  }
}

/** Tables by entity, as far as they fit; made anew when the schema was changed. */
class Tables {
  readonly #store: string;
  readonly #fit = new Map<EntityModel, { readonly table: Table; readonly layout: Layout }>();

  constructor(catalog: Catalog, { entities, store }: OpenOptions) {
    this.#store = store;
    for (const entity of entities) {
      const layout = layoutOf(catalog, entity);
      if (layout) this.#fit.set(entity, { layout, table: createTable(entity, layout) });
    }
  }

  of(entity: EntityModel): Table {
    const found = this.#fit.get(entity);
    if (found) return found.table;
    throw new Fault(
      "SCHEMA_DRIFT",
      "the store holds its rows under another contract; pannier migrate plan says what is to be done",
      {
        store: this.#store,
        entity: entity.name,
      },
    );
  }

  expiring(): readonly { readonly table: Table; readonly layout: Layout }[] {
    return [...this.#fit.values()].filter(({ table }) => table.entity.managed.expiresAt !== undefined);
  }
}

interface Parts {
  readonly kind: ByteEngine;
  readonly path: string;
  readonly engine: ByteStore;
  readonly applied: Applied;
  readonly derivations: Derivations;
  readonly numbers: EmbeddedSettings<ByteSetting>["numbers"];
}

function assemble(options: OpenOptions, { kind, path, engine, applied: first, numbers, derivations }: Parts): Adapter {
  const planner = plannerOf(kind);
  let { catalog, refused } = first;
  let tables = new Tables(catalog, options);
  const place = { engine, path };
  const writer = createWriter({
    store: engine,
    derivations,
    tableOf: (entity) => tables.of(entity),
    expiring: () => tables.expiring(),
  });
  const limits = { waiting: numbers.queue, group: numbers.group };
  const queue = new WriteQueue(writer, weightOf, limits, {
    onGroup: (jobs) => options.log.debug({ jobs }, "group committed"),
    onFailure: () => {},
  });
  const sweep = async (now: bigint): Promise<boolean> => {
    const answer = await queue.submit({ kind: "sweep", now, limit: SWEPT_IN_STEP });
    return answer.kind === "swept" && answer.more;
  };
  const stopSweeping = startSweeper(sweep, options, numbers.sweep_interval_ms);
  const tableOf = (entity: EntityModel): Table => tables.of(entity);
  const onSnapshot = async <Result>(body: (source: Source) => Promise<Result>): Promise<Result> => {
    const snapshot = engine.snapshot();
    try {
      return await body(snapshot);
    } finally {
      await snapshot.close();
    }
  };
  /** A step of a schema change, while nothing is written. */
  const stepped = async (step: () => Promise<Converted>, call: Call): Promise<ConversionProgress> => {
    let progress: ConversionProgress | undefined;
    const run = async (): Promise<void> => {
      ({ catalog, progress } = await step());
      tables = new Tables(catalog, options);
    };
    await queue.submit({ kind: "alone", run }, call);
    if (!progress) throw new TypeError("a step told nothing");
    return progress;
  };
  return {
    capabilities: kind.capabilities,
    plan: (query) => planOrdered(query, planner),
    classify: (error) => classified(kind, error).within({ store: options.store }),
    read: async (request, call) => {
      const [only] = request.keys;
      if (!only || request.keys.length > 1) return onSnapshot((source) => readsOn(source, tableOf).read(request, call));
      const table = tableOf(only.entity);
      return [outcomeOf(table, engine.get(table.rowKey(only.key)), request.fields)];
    },
    scan: (plan, window, call) => onSnapshot((source) => readsOn(source, tableOf).scan(plan, window, call)),
    count: (plan, count, call) => onSnapshot((source) => countOn(source, tableOf)(plan, count, call)),
    consistent: (body) => onSnapshot((source) => body(readsOn(source, tableOf))),
    write: async (asked, call) => {
      const { mutations, atomic, returning, trim, request } = asked;
      const more = { ...(trim && { trim }), ...(request && { request }), ...imagingIn(asked) };
      const job: Job = { kind: "write", mutations, atomic, returning, ...more };
      return writtenOf(await queue.submit(job, call), returning);
    },
    execute: async (asked, call) => {
      const { steps, required, trim, request } = asked;
      if (!request && steps.every(({ kind: step }) => step !== "write"))
        return onSnapshot((source) => readSteps({ reads: readsOn(source, tableOf), steps, required, trim }, call));
      const more = { ...(trim && { trim }), ...(request && { request }), ...imagingIn(asked) };
      const answer = await queue.submit({ kind: "execute", steps, required, ...more }, call);
      if (answer.kind === "swept" || answer.kind === "done") throw new TypeError("another job's answer");
      return answer;
    },
    schema: {
      verify: async () => options.entities.flatMap((entity) => differencesOf(catalog, entity)),
      apply: async (call) => {
        let done: readonly string[] = [];
        const run = async (): Promise<void> => {
          ({ catalog, refused, done } = await applySchema(place, catalog, options.entities));
          tables = new Tables(catalog, options);
        };
        await queue.submit({ kind: "alone", run }, call);
        return done;
      },
      contract: (entity) => stateOf(catalog, entity, refused.get(entity)),
      plan: async () => plansOf(catalog, options.entities),
      convert: async (request, call) => stepped(() => convert(place, catalog, request), call),
      drop: async ({ entity }, call) => stepped(() => drop(place, catalog, entity), call),
    },
    ping: async () => void engine.get(Buffer.of(0)),
    gauges: () => gaugesOf(queue.stats()),
    close: async () => {
      stopSweeping();
      await queue.drain();
      await engine.close();
    },
  };
}

function classified(kind: ByteEngine, error: unknown): Fault {
  return classify(error, (own) => kind.engineFault(own));
}

type TableOf = (entity: EntityModel) => Table;

function readsOn(source: Source, tableOf: TableOf): Reads {
  return {
    read: (request) => readKeys(source, tableOf, request),
    scan: (plan, window, call) => scanWindow(source, tableOf(plan.entity), plan, window, call),
    count: countOn(source, tableOf),
  };
}

function countOn(source: Source, tableOf: TableOf): NonNullable<Reads["count"]> {
  return async (plan, options, call: Call) => countRows(source, tableOf(plan.entity), plan, options, { call });
}

function writtenOf(answer: Answer, returning: boolean): WriteResult {
  if (answer.kind === "reused") return answer;
  if (answer.kind === "swept" || answer.kind === "done") throw new TypeError("another job's answer");
  return { kind: answer.kind, outcomes: answer.outcomes.map((outcome) => trimmed(outcome, returning)) };
}

function trimmed(outcome: StepOutcome, returning: boolean): WriteOutcome {
  if (outcome.status === "found" || outcome.status === "missing" || outcome.status === "counted")
    throw new TypeError(`a write has no outcome ${outcome.status}`);
  if (outcome.status !== "applied" || returning) return outcome;
  const { created, found, images } = outcome;
  return { status: "applied", created, found, ...(images && { images }) };
}

/** Rows are not looked at, so nothing is found in them. */
function plansOf(catalog: Catalog, entities: readonly EntityModel[]): readonly EntityPlan[] {
  const declared = entities.flatMap((entity) => {
    const found = surveyed(catalog, entity, 0);
    if (!("plan" in found)) return []; // which `verify` says
    const running = catalog.conversions[entity.name];
    const resumes = running && { resumes: `${running.copied} of ${running.total} rows` };
    return [{ plan: found.plan, rows: undefined, findings: [], ...resumes }];
  });
  return [...declared, ...removalsIn(catalog, entities).map((plan) => ({ plan, rows: undefined, findings: [] }))];
}

function weightOf(job: Job): number {
  if (job.kind === "write") return job.mutations.length;
  return job.kind === "execute" ? job.steps.length : 1;
}

/** From outside: only the catalog is read, also while another process has the database open. */
function inspected(options: OpenOptions, kind: ByteEngine, found: Catalog | undefined): Adapter {
  const catalog = found ?? EMPTY;
  const planner = plannerOf(kind);
  const refuse = async (): Promise<never> => {
    throw new Fault("STORE_READ_ONLY", "the store was opened for inspection alone", { store: options.store });
  };
  return {
    capabilities: kind.capabilities,
    plan: (query) => planOrdered(query, planner),
    classify: (error) => classified(kind, error).within({ store: options.store }),
    read: refuse,
    write: refuse,
    scan: refuse,
    count: refuse,
    consistent: refuse,
    execute: refuse,
    schema: {
      verify: async () =>
        options.entities.flatMap((entity) => [...differencesOf(catalog, entity, 0), ...unknownOf(catalog, entity)]),
      apply: refuse,
      plan: async () => plansOf(catalog, options.entities),
      ...(!found && { isAbsent: true }),
    },
    ping: async () => {},
    close: async () => {},
  };
}
