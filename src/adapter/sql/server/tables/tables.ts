/** The tables of a store's entities as the last look found them: made, extended or compared, and what keeps an entity from being served. */

import { createCall, type Call, type CallControl } from "../../../../model/call.ts";
import type { EntityModel } from "../../../../model/entity.ts";
import { Fault } from "../../../../model/fault.ts";
import type { OpenOptions } from "../../../opening.ts";
import { tellApplied, tellDrift, type EntityDrift } from "../../../runtime/tell-drift.ts";
import type { Schema, SchemaDifference } from "../../../schema.ts";
import { toldOf } from "../../surveyed.ts";
import { buildIndexes, nameOf, type Unbuildable } from "./build-indexes.ts";
import type { Link } from "../connection/link.ts";
import { CONTRACTS } from "./meta.ts";
import type { Pool, PoolOptions } from "../connection/pool.ts";
import type { ForeignKey } from "./references.ts";
import { restarting } from "../restart.ts";
import { serverTable, type ServerTable } from "./server-table.ts";
import { survey, type EntityState, type Survey, type Surveyor } from "./survey.ts";
import { inTransaction, type Run } from "../transaction.ts";

/** Where the tables are. */
export interface Place extends Surveyor {
  readonly options: OpenOptions;
  readonly pool: PoolOptions;
}

/** Milliseconds that indexes of many rows may take. */
const BUILDING = 24 * 3_600_000;

/** Milliseconds that one look at the tables may take. */
const LOOKING = 60_000;

export class Tables {
  readonly #place: Place;
  readonly #entities: readonly EntityModel[];
  readonly #pool: Pool;
  #states = new Map<EntityModel, EntityState>();
  #tables = new Map<EntityModel, ServerTable>();
  #surveyed: Survey | undefined;
  /** Of the contracts at the last look; see `markOn`. */
  #mark: string | undefined;
  #surveying: Promise<Survey> | undefined;
  /** Whether the last start or look with leave to change tables left indexes to be built. */
  #isUnbuilt = false;
  /** Of those, what no further try would build. */
  #unbuildable: Unbuildable = new Map();
  /** Whether it left a change because of what lay in the moment. */
  #isPutOff = false;
  /** Indexes that are under way. */
  #building: { readonly control: CallControl; readonly done: Promise<void> } | undefined;

  /** @param entities those that the server can carry */
  constructor(place: Place, entities: readonly EntityModel[], pool: Pool) {
    this.#place = place;
    this.#entities = entities;
    this.#pool = pool;
  }

  /** Those that are served. */
  all(): Iterable<ServerTable> {
    return this.#tables.values();
  }

  /** Undefined where it is not served. */
  get(entity: EntityModel): ServerTable | undefined {
    return this.#tables.get(entity);
  }

  /** @throws Fault where it is not served */
  tableFor(entity: EntityModel): ServerTable {
    const table = this.#tables.get(entity);
    if (table) return table;
    throw new Fault(
      "SCHEMA_DRIFT",
      "the table is not what the entity says; let the store create or compare its tables",
      {
        store: this.#place.options.store,
        entity: entity.name,
      },
    );
  }

  /** Whether the tables that Pannier keeps for itself were there at the last look. */
  hasMeta(): boolean {
    return this.#surveyed?.hasMeta === true;
  }

  foreignKeys(): readonly ForeignKey[] {
    return this.#surveyed?.foreignKeys ?? [];
  }

  /** Whether they were looked at already. */
  areKnown(): boolean {
    return this.#surveyed !== undefined;
  }

  async look(): Promise<void> {
    await this.#survey();
  }

  /** Changes whenever a contract does. */
  async markOn(link: Link): Promise<string> {
    const { quote } = this.#place.dialect;
    const text = this.#surveyed?.hasMeta
      ? `SELECT count(*), coalesce(sum(revision), 0), coalesce(max(at), '') FROM ${quote(CONTRACTS)}`
      : "SELECT 1";
    return (await link.run({ text, parameters: [] })).rows.flat().map(String).join(" ");
  }

  /** Once the store was asked for its mark: where something may have changed, or is still to be done. */
  async lookAgain(mark: string): Promise<void> {
    const isForeign = this.#place.options.tables === "off";
    // What others have made good is served without a start.
    const isAmiss = isForeign && this.#surveyed?.states.some(({ drift }) => drift.length > 0);
    if (!this.#surveyed || isAmiss || (this.#isUnbuilt && !this.#building)) return void (await this.#survey());
    if (this.#surveyed.hasMeta && this.#mark !== undefined && mark !== this.#mark) await this.#survey("check"); // another process has brought the contracts on, or back
    this.#mark = mark;
    // Behind the look, which the waiting for tables must not make a late one.
    if (this.#isPutOff) void this.#survey().catch(() => {});
  }

  /** Ends what is under way, and waits for it. */
  async close(): Promise<void> {
    this.#building?.control.abort("draining");
    await this.#building?.done;
  }

  /** What services are told of them, but plans. */
  schema(): Omit<Schema, "plan"> {
    return {
      verify: async () => (await this.#survey("check")).states.flatMap(differencesOf),
      apply: async () => {
        this.#unbuildable = new Map(); // whoever asks may have mended the rows
        return (await this.#survey("auto")).applied;
      },
      contract: (entity) => {
        const state = this.#states.get(entity);
        if (!state)
          return { revision: 0, storeDigest: "", digest: "", indexes: [], drift: ["the database was not reached yet"] };
        return toldOf(state);
      },
    };
  }

  /** One at a time; whoever comes meanwhile has its result. */
  #survey(tables: OpenOptions["tables"] = this.#place.options.tables): Promise<Survey> {
    this.#surveying ??= this.#surveyNow(tables).finally(() => {
      this.#surveying = undefined;
    });
    return this.#surveying;
  }

  async #surveyNow(tables: OpenOptions["tables"]): Promise<Survey> {
    const { catalog, dialect, failures, options } = this.#place;
    const control = createCall({ timeout: LOOKING, requestId: "survey" });
    try {
      const found = await this.#pool.use(control.call, (link) => {
        if (!catalog.isTransactional)
          return tables === "auto" ? this.#surveyLocked(link, control.call) : this.#compare(link, control.call, tables);
        const settings = { begin: dialect.begin.write, failures };
        return restarting(failures, control.call, () =>
          inTransaction(link, settings, control.call, async (run) => ({
            commit: tables === "auto",
            result: await survey(this.#surveyor(), run, this.#entities, tables),
          })),
        );
      });
      this.#adopt(found);
      if (tables === "auto") {
        this.#isPutOff = found.isPutOff;
        this.#build(found);
      }
      tellApplied(options, found.applied);
      if (tables !== "inspect" && options.tables !== "inspect") tellDrift(options, driftOf(found));
      return found;
    } finally {
      control.finish();
    }
  }

  /** Without a transaction, which a table that may not be read would undo, with what is asked of all others. */
  #compare(link: Link, call: Call, tables: OpenOptions["tables"]): Promise<Survey> {
    const run: Run = (statement) => restarting(this.#place.failures, call, () => link.run(statement));
    return survey(this.#surveyor(), run, this.#entities, tables);
  }

  #surveyor(): Surveyor {
    return { ...this.#place, unbuildable: this.#unbuildable };
  }

  /** A connection that keeps the lock is not given back. */
  async #surveyLocked(link: Link, call: Call): Promise<Survey> {
    const { catalog, failures, pool } = this.#place;
    const run: Run = (statement) => restarting(failures, call, () => link.run(statement));
    if (catalog.lockApart) {
      const apart = await pool.connect();
      const off = call.onAbort(() => apart.end());
      try {
        await catalog.lockApart((statement) => apart.run(statement), call);
        return await survey(this.#surveyor(), run, this.#entities, "auto");
      } finally {
        off();
        apart.end();
      }
    }
    try {
      const found = await survey(this.#surveyor(), run, this.#entities, "auto");
      await catalog.unlock?.(run);
      return found;
    } catch (error) {
      link.end();
      throw error;
    }
  }

  /** While others write, and nobody waits. Afterwards the tables are looked at again, which serves their entities. */
  #build(found: Survey): void {
    const pending = found.pending.filter((index) => !this.#unbuildable.has(nameOf(index)));
    this.#isUnbuilt = pending.length > 0;
    if (!this.#isUnbuilt || this.#building) return;
    const { catalog, failures, pool, options } = this.#place;
    const control = createCall({ timeout: BUILDING, requestId: "build" });
    const work = async (): Promise<void> => {
      try {
        const builder = { catalog, failures, connect: pool.connect };
        const unbuildable = await buildIndexes(builder, pending, control.call);
        this.#unbuildable = new Map([...this.#unbuildable, ...unbuildable]);
        this.#building = undefined; // before the look, which may begin another
        if (!control.call.aborted) await this.#survey();
      } catch {
        // The next look begins again.
        if (this.#building?.control === control) this.#building = undefined;
        if (!control.call.aborted) options.log.warn({ store: options.store }, "an index could not be built yet");
      } finally {
        control.finish();
      }
    };
    this.#building = { control, done: work() };
  }

  #adopt(found: Survey): void {
    this.#surveyed = found;
    this.#states = new Map(found.states.map((state) => [state.entity, state]));
    this.#tables = new Map(
      found.states.flatMap(({ entity, drift, layout }) =>
        drift.length === 0 ? [[entity, serverTable(this.#place.dialect, entity, layout)] as const] : [],
      ),
    );
  }
}

function differencesOf({ entity, layout, drift }: EntityState): readonly SchemaDifference[] {
  return drift.map(({ what, additive }) => ({ entity: entity.name, table: layout.view.table, what, additive }));
}

function driftOf({ states }: Survey): readonly EntityDrift[] {
  return states.map(({ entity, drift }) => ({ entity: entity.name, drift: drift.map(({ what }) => what) }));
}
