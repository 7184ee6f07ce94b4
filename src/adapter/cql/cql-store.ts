/** A cluster that speaks CQL as a store, whatever its dialect: the session, a look at its tables, reads, windows and writes. */

import { createCall, type Call } from "../../model/call.ts";
import type { EntityModel } from "../../model/entity.ts";
import { Fault } from "../../model/fault.ts";
import type { Adapter } from "../adapter.ts";
import type { OpenOptions } from "../opening.ts";
import type { Schema } from "../schema.ts";
import { inspectedOnly } from "../decorators/inspected.ts";
import type { Capabilities } from "../capabilities.ts";
import { gatherReads } from "../decorators/gather-reads.ts";
import { planOrdered } from "../planner/planner.ts";
import type { Statements } from "../statements.ts";
import { tellApplied, tellDrift } from "../runtime/tell-drift.ts";
import { BlindClock } from "./writing/blindness.ts";
import { digestOf, unfitEntities } from "./tables/catalog.ts";
import type { Levels } from "./cluster/consistency.ts";
import type { CqlDialect } from "./dialect.ts";
import { NotConnected } from "../runtime/link-failure.ts";
import { NodeLease } from "./cluster/node-lease.ts";
import { classify, isOfSchema } from "./failure.ts";
import { orderedStore, segmentsOf } from "./reading/planning.ts";
import { rawStatements, type Raw } from "./statements/raw-statements.ts";
import { readRows, sharedRequest } from "./reading/read.ts";
import { RowQueue } from "../writing/row-queue.ts";
import { scanRows } from "./reading/scan.ts";
import { Session } from "./cluster/session.ts";
import type { Settings } from "./settings.ts";
import { survey, type EntityState, type Survey } from "./tables/survey.ts";
import type { CqlTable } from "./tables/table.ts";
import { createUniqueText } from "./writing/unique.ts";
import { performUnit } from "./writing/unit.ts";
import { modifyRow, writeRows } from "./writing/write.ts";
import type { Writer } from "./writing/writer.ts";

export interface CqlStore {
  readonly options: OpenOptions;
  readonly settings: Settings;
  readonly dialect: CqlDialect;
  readonly capabilities: Capabilities;
}

/** Milliseconds that one look at the tables may take; a change of tables waits until all hosts agree. */
const UPKEEP = 120_000;

/** Most keys of a read that answers several callers. */
const GATHERED = 64;

/** Resolves also where the cluster does not answer: every look at it tries again. @throws Fault where it answers and refuses */
export async function openCql(store: CqlStore): Promise<Adapter> {
  const live = new LiveStore(store);
  try {
    await live.start();
  } catch (error) {
    await live.close();
    throw error;
  }
  return gatherReads(live.adapter(), GATHERED, sharedRequest);
}

class LiveStore {
  readonly #store: CqlStore;
  readonly #session: Session;
  readonly #unfit: ReadonlyMap<EntityModel, string>;
  readonly #entities: readonly EntityModel[];
  readonly #queue = new RowQueue();
  readonly #nodes: NodeLease | undefined;
  #states = new Map<EntityModel, EntityState>();
  #levels: Levels;
  #surveying: Promise<Survey> | undefined;
  /** The tables were looked at, and fit as far as anyone knows. */
  #isSurveyed = false;
  /** The database refused a statement that its tables should take. */
  #isSuspect = false;

  constructor(store: CqlStore) {
    const { options, settings, dialect } = store;
    this.#store = store;
    this.#session = new Session(settings);
    this.#levels = { ...settings.levels, readsEachQuorum: dialect.readsEachQuorum };
    if (settings.switches.node_numbers) {
      const { keyspace } = settings;
      this.#nodes = new NodeLease({
        session: this.#session,
        keyspace,
        levels: () => this.#levels,
        clock: options.clock,
      });
    }
    this.#unfit = unfitEntities(options.entities, settings.keyspace, dialect);
    this.#entities = options.entities.filter((entity) => !this.#unfit.has(entity));
  }

  async start(): Promise<void> {
    const { options } = this.#store;
    try {
      await this.#survey(options.tables);
    } catch (error) {
      if (!(error instanceof NotConnected)) throw error;
      options.log.warn({ store: options.store }, "the cluster cannot be reached; the store is served once it can");
    }
  }

  close(): Promise<void> {
    return this.#session.close();
  }

  adapter(): Adapter {
    const { options, dialect, capabilities, settings } = this.#store;
    const levels = (): Levels => this.#levels;
    const writer: Writer = {
      session: this.#session,
      get levels() {
        return levels();
      },
      dialect,
      queue: this.#queue,
      blind: blindOf(this.#store),
      tableFor: (entity) => this.#tableFor(entity),
    };
    const adapter: Adapter = {
      capabilities,
      unfit: this.#unfit,
      plan: (query) => planOrdered(query, orderedStore(query.entity, dialect)),
      segments: segmentsOf,
      classify: (error) => classify(error).within({ store: options.store }),
      read: (request, call) => this.#use(() => readRows(writer, request, call)),
      scan: (plan, window, call) => this.#use(() => scanRows(writer, this.#tableFor(plan.entity), plan, window, call)),
      write: (request, call) => this.#use(() => writeRows(writer, request, call)),
      modify: (mutation, decide, write, call) => this.#use(() => modifyRow(writer, mutation, decide, write, call)),
      execute: ({ images, trim, request, ...rest }, call) =>
        this.#use(() => performUnit(writer, { ...rest, images: images === true, trim, request }, call)),
      schema: this.#schema(),
      ...(this.#nodes && { nodeNumbers: this.#nodes }),
      ...(settings.switches.statements && { statements: this.#statements(writer) }),
      ping: (call) => this.#ping(call),
      gauges: () => ({ waiting: this.#queue.waiting }),
      close: () => this.close(),
    };
    return options.tables === "inspect" ? inspectedOnly(adapter, options.store) : adapter;
  }

  async #use<Result>(work: () => Promise<Result>): Promise<Result> {
    if (!this.#isSurveyed) await this.#survey(this.#store.options.tables);
    try {
      return await work();
    } catch (error) {
      if (isOfSchema(error)) this.#isSuspect = true;
      throw error;
    }
  }

  /** Of any table; those of the entities are looked at first, as always. */
  #statements(raw: Raw): Statements {
    const inner = rawStatements(raw);
    return {
      ...inner,
      query: (statement, call) => this.#use(() => inner.query(statement, call)),
      execute: (statement, call) => this.#use(() => inner.execute(statement, call)),
    };
  }

  /** Looks at the tables again where something spoke against them, until they fit. */
  async #ping(call: Call): Promise<void> {
    await this.#session.ping(call);
    if (!this.#isSurveyed) return void (await this.#survey(this.#store.options.tables));
    const drifted = [...this.#states.values()].some(({ drift }) => drift.length > 0);
    if (this.#isSuspect || drifted) await this.#survey("check");
    else await this.#nodes?.keep();
  }

  #tableFor(entity: EntityModel): CqlTable {
    const state = this.#states.get(entity);
    if (state?.drift.length === 0) return state.table;
    throw new Fault(
      "SCHEMA_DRIFT",
      "the table is not what the entity says; let the store create or compare its tables",
      { store: this.#store.options.store, entity: entity.name },
    );
  }

  /** One at a time; whoever comes meanwhile has its result. */
  #survey(tables: OpenOptions["tables"]): Promise<Survey> {
    this.#surveying ??= this.#surveyNow(tables).finally(() => {
      this.#surveying = undefined;
    });
    return this.#surveying;
  }

  async #surveyNow(tables: OpenOptions["tables"]): Promise<Survey> {
    const { options, settings, dialect } = this.#store;
    const control = createCall({ timeout: UPKEEP, requestId: "survey" });
    const { keyspace, replication } = settings;
    try {
      const surveyor = { session: this.#session, dialect, keyspace, replication };
      const found = await survey(surveyor, this.#entities, tables, control.call);
      this.#isSuspect = false;
      this.#adopt(found);
      await this.#makeOwn(tables);
      if (options.tables !== "inspect") this.#tell(found);
      return found;
    } finally {
      control.finish();
    }
  }

  /** What the store keeps beside the tables of its entities. */
  async #makeOwn(tables: OpenOptions["tables"]): Promise<void> {
    const { settings, dialect } = this.#store;
    if (tables === "inspect") return;
    if (tables === "auto" && dialect.keepsUnique === true)
      await this.#session.define(createUniqueText(settings.keyspace));
    if (tables === "auto" && this.#nodes) await this.#session.define(this.#nodes.createText);
    await this.#nodes?.keep();
  }

  #adopt({ states, replication }: Survey): void {
    this.#isSurveyed = true;
    this.#levels = { ...this.#levels, replication };
    this.#states = new Map(
      states.map((state) => {
        const before = this.#states.get(state.entity);
        // The same table keeps what was compiled for it.
        const isSame = before && digestOf(before.table) === digestOf(state.table);
        return [state.entity, isSame ? { ...state, table: before.table } : state];
      }),
    );
  }

  #tell({ states, applied }: Survey): void {
    tellApplied(this.#store.options, applied);
    tellDrift(
      this.#store.options,
      states.map(({ entity, drift }) => ({ entity: entity.name, drift: drift.map(({ what }) => what) })),
    );
  }

  #schema(): Schema {
    return {
      verify: async () =>
        (await this.#survey("check")).states.flatMap(({ entity, table, drift }) =>
          drift.map(({ what, mend }) => ({
            entity: entity.name,
            table: table.name,
            what,
            additive: mend !== undefined,
          })),
        ),
      apply: async () => (await this.#survey("auto")).applied,
      contract: (entity) => {
        const state = this.#states.get(entity);
        const digest = state ? digestOf(state.table) : "";
        return {
          revision: 0,
          storeDigest: digest,
          digest,
          indexes: state?.table.indexes.map(({ name }) => name) ?? [],
          drift: state?.drift.map(({ what }) => what) ?? [],
        };
      },
    };
  }
}

function blindOf({ settings: { switches, numbers }, options: { clock } }: CqlStore): Writer["blind"] {
  if (!switches.blind_writes) return undefined;
  return {
    acrossPartitions: switches.logged_batches,
    mostBytes: numbers.batch_bytes,
    clock: new BlindClock(clock),
  };
}
