/** A region's tables as a store: the client, a look at the tables, reads, windows and writes. */

import { createCall, type Call } from "../../model/call.ts";
import type { EntityModel } from "../../model/entity.ts";
import { Fault } from "../../model/fault.ts";
import type { Adapter } from "../adapter.ts";
import type { OpenOptions } from "../opening.ts";
import type { Schema } from "../schema.ts";
import { inspectedOnly } from "../decorators/inspected.ts";
import { gatherReads } from "../decorators/gather-reads.ts";
import { RowQueue } from "../writing/row-queue.ts";
import { tellApplied, tellDrift } from "../runtime/tell-drift.ts";
import { besideOf } from "./writing/beside.ts";
import { capabilitiesOf } from "./capabilities.ts";
import { collectRows, type Collecting } from "./reading/collect.ts";
import { classify } from "./failure.ts";
import { formsOf } from "./items/layout-mark.ts";
import { planFor } from "./reading/planning.ts";
import { readRows } from "./reading/read.ts";
import { scanRows } from "./reading/scan.ts";
import { Session } from "./session.ts";
import type { Settings } from "./settings.ts";
import { survey, type EntityState, type Survey } from "./tables/survey.ts";
import { tableOf, type Table } from "./items/table.ts";
import { unfitEntities } from "./tables/unfit.ts";
import { executeSteps, modifyRow, unitCost, writeRows, type QueuedWriter } from "./writing/write.ts";

/** Milliseconds that one look at the tables may take: a new index is made of all rows. */
const UPKEEP = 600_000;

/** Parts of a Scan: each is read by requests of its own. */
const MOST_SEGMENTS = 64;

/** Most keys of a read that answers several callers. */
const GATHERED = 100;

/** Resolves also where the database does not answer: every look at it tries again. @throws Fault where it answers and refuses */
export async function openDynamo(options: OpenOptions, settings: Settings): Promise<Adapter> {
  const live = new LiveStore(options, settings);
  try {
    await live.start();
  } catch (error) {
    await live.close();
    throw error;
  }
  return gatherReads(live.adapter(), GATHERED);
}

class LiveStore {
  readonly #options: OpenOptions;
  readonly #settings: Settings;
  readonly #session: Session;
  readonly #unfit: ReadonlyMap<EntityModel, string>;
  readonly #tables: ReadonlyMap<EntityModel, Table>;
  readonly #queue = new RowQueue();
  #states = new Map<EntityModel, EntityState>();
  #surveying: Promise<Survey> | undefined;
  #isSurveyed = false;
  /** The database did not know a table. */
  #isSuspect = false;

  constructor(options: OpenOptions, settings: Settings) {
    this.#options = options;
    this.#settings = settings;
    this.#session = new Session(settings);
    this.#unfit = unfitEntities(options.entities, settings);
    const kept = options.entities.filter((entity) => !this.#unfit.has(entity));
    this.#tables = new Map(kept.map((entity) => [entity, tableOf(entity, settings)]));
  }

  async start(): Promise<void> {
    const { log, store, tables } = this.#options;
    try {
      await this.#survey(tables);
    } catch (error) {
      if (classify(error).reason !== "STORE_UNAVAILABLE") throw error;
      log.warn({ store }, "the database cannot be reached; the store is served once it can");
    }
  }

  close(): Promise<void> {
    return this.#session.close();
  }

  adapter(): Adapter {
    const { store } = this.#options;
    const writer: QueuedWriter = {
      session: this.#session,
      queue: this.#queue,
      beside: besideOf(this.#settings),
      tableFor: (entity) => this.#tableFor(entity),
    };
    const adapter: Adapter = {
      capabilities: capabilitiesOf(this.#settings),
      unfit: this.#unfit,
      plan: (query) => planFor(this.#layoutOf(query.entity), query),
      segments: ({ access }, asked) => (access.kind === "full" ? Math.min(asked, MOST_SEGMENTS) : 1),
      classify: (error) => classify(error).within({ store }),
      unitCost,
      read: (request, call) => this.#use(() => readRows(writer, request, call)),
      scan: (plan, window, call) => this.#use(() => scanRows(writer, this.#tableFor(plan.entity), plan, window, call)),
      write: (request, call) => this.#use(() => writeRows(writer, request, call)),
      modify: (mutation, decide, write, call) => this.#use(() => modifyRow(writer, mutation, decide, write, call)),
      ...this.#collecting(),
      execute: (request, call) => this.#use(() => executeSteps(writer, request, call)),
      schema: this.#schema(),
      ping: (call) => this.#ping(call),
      gauges: () => ({ waiting: this.#queue.waiting }),
      close: () => this.close(),
    };
    return this.#options.tables === "inspect" ? inspectedOnly(adapter, this.#options.store) : adapter;
  }

  /** Only one table has rows of several entities in one partition. */
  #collecting(): Pick<Adapter, "collect"> {
    const { single, prefix, indexes } = this.#settings;
    if (!single) return {};
    const tables = new Map(Array.from(this.#tables.values(), (table) => [table.entity.name, table] as const));
    const kindOf = (name: string): ReturnType<Collecting["kindOf"]> => {
      const { isLocal = false, include } = indexes.get(name) ?? {};
      return { isLocal, isPart: include !== undefined };
    };
    const collecting = { session: this.#session, single, name: `${prefix}${single.table}`, tables, kindOf };
    return {
      collect: (query, window, call) =>
        this.#use(() => {
          for (const entity of query.entities) this.#tableFor(entity);
          return collectRows(collecting, query, window, call);
        }),
    };
  }

  async #use<Result>(work: () => Promise<Result>): Promise<Result> {
    if (!this.#isSurveyed) await this.#survey(this.#options.tables);
    try {
      return await work();
    } catch (error) {
      if (classify(error).reason === "SCHEMA_DRIFT") this.#isSuspect = true;
      throw error;
    }
  }

  /** Looks at the tables again where something spoke against them, until they fit. */
  async #ping(call: Call): Promise<void> {
    await this.#session.read(
      (client, { ListTablesCommand }, options) => client.send(new ListTablesCommand({ Limit: 1 }), options),
      call,
    );
    if (!this.#isSurveyed) return void (await this.#survey(this.#options.tables));
    const drifted = [...this.#states.values()].some((state) => !isServed(state));
    if (this.#isSuspect || drifted) await this.#survey("check");
  }

  #tableFor(entity: EntityModel): Table {
    const state = this.#states.get(entity);
    if (state && isServed(state)) return state.table;
    throw new Fault(
      "SCHEMA_DRIFT",
      "the table is not what the entity says; let the store create or compare its tables",
      { store: this.#options.store, entity: entity.name },
    );
  }

  #layoutOf(entity: EntityModel): Table {
    const table = this.#tables.get(entity);
    if (!table) throw new TypeError(`${entity.name} is not kept here`);
    return table;
  }

  /** One at a time; whoever comes meanwhile has its result. */
  #survey(tables: OpenOptions["tables"]): Promise<Survey> {
    this.#surveying ??= this.#surveyNow(tables).finally(() => {
      this.#surveying = undefined;
    });
    return this.#surveying;
  }

  async #surveyNow(tables: OpenOptions["tables"]): Promise<Survey> {
    const control = createCall({ timeout: UPKEEP, requestId: "survey" });
    try {
      const wanted = {
        tables: [...this.#tables.values()],
        beside: besideOf(this.#settings),
        options: this.#settings.tables,
        mode: tables,
      };
      const found = await survey(this.#session, wanted, control.call);
      this.#isSuspect = false;
      this.#isSurveyed = true;
      this.#states = new Map(found.states.map((state) => [state.entity, state]));
      if (this.#options.tables !== "inspect") this.#tell(found);
      return found;
    } finally {
      control.finish();
    }
  }

  #tell({ states, applied }: Survey): void {
    tellApplied(this.#options, applied);
    tellDrift(
      this.#options,
      states.map((state) => ({ entity: state.entity.name, drift: driftOf(state) })),
    );
  }

  #schema(): Schema {
    return {
      verify: async () =>
        (await this.#survey("check")).states.flatMap(({ entity, table, drift }) =>
          drift.map(({ what, mend, isUnknown }) => ({
            entity: entity.name,
            table: table.name,
            what,
            additive: mend !== undefined,
            ...(isUnknown && { isUnknown }),
          })),
        ),
      apply: async () => (await this.#survey("auto")).applied,
      contract: (entity) => {
        const state = this.#states.get(entity);
        const digest = state ? formsOf(state.table) : "";
        return {
          revision: 0,
          storeDigest: digest,
          digest,
          indexes: state?.table.indexes.map(({ name = "" }) => name) ?? [],
          drift: state ? driftOf(state) : [],
        };
      },
    };
  }
}

function isServed(state: EntityState): boolean {
  return driftOf(state).length === 0;
}

/** What is known to be wrong. */
function driftOf({ drift }: EntityState): readonly string[] {
  return drift.filter(({ isUnknown }) => !isUnknown).map(({ what }) => what);
}
