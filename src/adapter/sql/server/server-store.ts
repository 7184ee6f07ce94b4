/** A database server as a store, whatever its dialect: connections, a look at its tables, reads, windows, writes and transactions. */

import { createCall, type Call, type CallControl } from "../../../model/call.ts";
import type { EntityModel } from "../../../model/entity.ts";
import { Fault } from "../../../model/fault.ts";
import type { Adapter, Reads, WriteResult } from "../../adapter.ts";
import type { OpenOptions } from "../../opening.ts";
import { inspectedOnly } from "../../decorators/inspected.ts";
import type { Capabilities } from "../../capabilities.ts";
import { loadDerivations, type Derivations } from "../../derivation.ts";
import { gatherReads } from "../../decorators/gather-reads.ts";
import { gatherWrites, type SharedWrites } from "../../decorators/gather-writes.ts";
import { startSweeper } from "../../runtime/sweeper.ts";
import { KnownPaths } from "../../planner/known-paths.ts";
import { planOrdered, type OrderedStore } from "../../planner/planner.ts";
import { isExpressible } from "../filter.ts";
import type { RowOrders } from "../../planner/row-order.ts";
import { columnAt } from "../table.ts";
import { classifyWith } from "./failure.ts";
import { NotConnected } from "../../runtime/link-failure.ts";
import type { Link, Statement } from "./connection/link.ts";
import { beforeSending } from "./connection/before-sending.ts";
import { mutateRows, sharedRow, type SharedRow } from "./writing/mutate-rows.ts";
import { Pool, type PoolOptions } from "./connection/pool.ts";
import { gatherNumbers, takeNumbers } from "./writing/numbers.ts";
import { plansOf } from "./tables/plans.ts";
import { isOneStatement, readRows } from "./reading/read.ts";
import { forgetStatement } from "./writing/request.ts";
import { restarting } from "./restart.ts";
import { saidOf, unfitReferences } from "./tables/references.ts";
import { countRows, scanRows } from "./reading/scan.ts";
import type { ServerTable } from "./tables/server-table.ts";
import type { Surveyor } from "./tables/survey.ts";
import { Tables } from "./tables/tables.ts";
import { inTransaction, type Run } from "./transaction.ts";
import { executeSteps, modifyRow, writeRows } from "./writing/write.ts";

export interface ServerStore extends Surveyor {
  readonly options: OpenOptions;
  readonly unfit: ReadonlyMap<EntityModel, string>;
  readonly orders: RowOrders;
  readonly capabilities: Capabilities;
  readonly pool: PoolOptions;
  /** Milliseconds between sweeps of expired rows. */
  readonly sweepInterval: number;
  /** Whether connections would sign in otherwise than when this was asked before. Never rejects. */
  readonly haveCredentialsChanged: () => Promise<boolean>;
}

/** Most rows of one table in one step of the sweep. */
const SWEPT = 200;

/** Milliseconds that one step of the sweep may take. */
const SWEEPING = 60_000;

/** Resolves also where the server does not answer: every look at it tries again. @throws Fault where the server answers and refuses */
export async function openServer(given: ServerStore): Promise<Adapter> {
  const { derivations, entities } = given.options;
  const server = { ...given, unfit: new Map([...unfitReferences(entities), ...given.unfit]) };
  const store = new LiveServer(server, await loadDerivations(derivations, entities));
  try {
    await store.start();
  } catch (error) {
    await store.close();
    throw error;
  }
  return gatherWrites(gatherReads(store.adapter(), GATHERED), store.sharedWrites(), { most: GATHERED_ROWS, atOnce: 2 });
}

/** Most keys of a statement that answers several callers. */
const GATHERED = 64;

/** Most rows of a statement that writes for several callers. */
const GATHERED_ROWS = 128;

class LiveServer {
  readonly #server: ServerStore;
  readonly #derivations: Derivations;
  readonly #entities: readonly EntityModel[];
  readonly #pool: Pool;
  readonly #tables: Tables;
  readonly #paths = new KnownPaths();
  readonly #stopSweeping: () => void;
  /** The step that is under way. */
  #sweeping: CallControl | undefined;
  #isOpen = false;

  constructor(server: ServerStore, derivations: Derivations) {
    this.#server = server;
    this.#derivations = derivations;
    const { options, unfit } = server;
    this.#entities = options.entities.filter((entity) => !unfit.has(entity));
    this.#pool = new Pool({ ...server.pool, connect: () => this.#connect() });
    this.#tables = new Tables(server, this.#entities, this.#pool);
    const step = (now: bigint): Promise<boolean> => this.#sweep(now);
    this.#stopSweeping = options.tables === "inspect" ? () => {} : startSweeper(step, options, server.sweepInterval);
  }

  async start(): Promise<void> {
    const { options } = this.#server;
    try {
      await this.#tables.look();
    } catch (error) {
      if (!(error instanceof NotConnected)) throw error;
      if (options.tables === "inspect") return; // whoever inspects asks for the tables next, and is told why
      const why = classifyWith(this.#server.failures, error).message;
      options.log.warn(
        { store: options.store, why },
        "the database cannot be reached; the store is served once it can",
      );
    }
    this.#isOpen = true;
  }

  /** What refuses a start, as another server at the url, is later one that is not there: no mistake of whoever calls. */
  async #connect(): Promise<Link> {
    try {
      return await this.#server.pool.connect();
    } catch (error) {
      throw this.#isOpen && error instanceof Fault ? new NotConnected(error) : error;
    }
  }

  async close(): Promise<void> {
    this.#stopSweeping();
    this.#sweeping?.abort("draining"); // it may wait for a lock
    await this.#tables.close();
    await this.#pool.close();
  }

  adapter(): Adapter {
    const { options, unfit, capabilities, failures } = this.#server;
    const { dialect } = this.#server;
    const tableFor = (entity: EntityModel): ServerTable => this.#tables.tableFor(entity);
    const writing = { dialect, failures, tableFor, derivations: this.#derivations };
    const adapter: Adapter = {
      capabilities,
      plan: (query) => planOrdered(query, this.#orderedStore(query.entity), this.#paths),
      unfit,
      classify: (error) => this.#named(classifyWith(failures, error)).within({ store: options.store }),
      read: (request, call) =>
        isOneStatement(request)
          ? this.#onLink(call, (run) => readRows(run, writing.tableFor, request))
          : this.#onSnapshot(call, (reads) => reads.read(request, call)),
      scan: (plan, window, call) =>
        this.#onLink(call, (run) => scanRows(run, this.#tables.tableFor(plan.entity), plan, window)),
      count: (plan, count, call) =>
        this.#onLink(call, (run) => countRows(run, this.#tables.tableFor(plan.entity), plan, count)),
      consistent: (body, call) => this.#onSnapshot(call, body),
      isReadOneState: true, // each is one statement
      write: (request, call) =>
        this.#use(call, async (link) => this.#noticed(await writeRows(writing, link, request, call))),
      modify: (mutation, decide, asked, call) =>
        this.#use(call, (link) => modifyRow(writing, link, { mutation, decide, options: asked }, call)),
      execute: (request, call) => this.#use(call, (link) => executeSteps(writing, link, request, call)),
      numbers: gatherNumbers((request, call) =>
        this.#onLink(call, (run) => takeNumbers(run, failures, this.#tables.tableFor(request.entity), request)),
      ),
      schema: {
        ...this.#tables.schema(),
        plan: (call) => this.#onLink(call, (run) => plansOf(this.#server, run, this.#entities)),
      },
      ping: (call) => this.#ping(call),
      gauges: () => this.#pool.gauges(),
      close: () => this.close(),
    };
    return options.tables === "inspect" ? inspectedOnly(adapter, options.store) : adapter;
  }

  /** A broken reference by its name in the model. */
  #named(fault: Fault): Fault {
    if (fault.reason !== "FOREIGN_KEY_VIOLATION") return fault;
    const keys = this.#tables.foreignKeys();
    const name = this.#server.failures.constraintOf(
      fault.detail.cause,
      keys.map((candidate) => candidate.name),
    );
    const key = keys.find((candidate) => candidate.name === name);
    if (!key) return fault;
    return fault.within({ constraint: saidOf(key), metadata: { fields: key.field.name } });
  }

  sharedWrites(): SharedWrites<SharedRow> {
    const { failures } = this.#server;
    return {
      rowOf: (mutation) => {
        const table = this.#tables.get(mutation.entity);
        const row = table && sharedRow(table, mutation);
        if (!row) return undefined;
        // A second Create meets the first, and Puts of one key wait for each other.
        const repeats = row.kind !== "create" && row.kind !== "put" && this.#server.dialect.lockFreeRows !== undefined;
        return { kind: row.kind, row, repeats };
      },
      write: (rows, call) =>
        this.#use(call, async (link) => {
          const [first] = rows;
          if (!first) return [];
          const table = this.#tables.tableFor(first.mutation.entity);
          return mutateRows({ link, failures }, table, rows, call);
        }),
    };
  }

  /** Connects also where the breaker keeps calls from it. */
  async #ping(call: Call): Promise<void> {
    const { failures, haveCredentialsChanged, options } = this.#server;
    if (await haveCredentialsChanged()) {
      options.log.info({ store: options.store }, "the credentials have changed; connections are renewed");
      this.#pool.renew();
    }
    const mark = await this.#pool.use(
      call,
      (link) => restarting(failures, call, () => this.#tables.markOn(link)),
      true,
    );
    await this.#tables.lookAgain(mark);
  }

  async #use<Result>(call: Call, body: (link: Link) => Promise<Result>): Promise<Result> {
    const { failures } = this.#server;
    if (!this.#tables.areKnown()) await beforeSending(call, this.#tables.look());
    try {
      if (!failures.isRestart) return await this.#pool.use(call, body);
      // What rejects as a whole was undone as a whole.
      return await this.#pool.use(call, (link) => restarting(failures, call, () => body(link)));
    } catch (error) {
      this.#notice(error);
      throw error;
    }
  }

  /** A server that takes no writes any more: another may be the one that does. */
  #notice(error: unknown): void {
    const { failures } = this.#server;
    const code = failures.codeOf(error);
    if (code !== undefined && failures.isReadOnly(code)) this.#pool.renew();
  }

  #noticed(result: WriteResult): WriteResult {
    if (result.kind !== "reused")
      for (const outcome of result.outcomes) if (outcome.status === "failed") this.#notice(outcome.error);
    return result;
  }

  #onLink<Result>(call: Call, body: (run: Run) => Promise<Result>): Promise<Result> {
    return this.#use(call, (link) => body((statement: Statement) => link.run(statement)));
  }

  #onSnapshot<Result>(call: Call, body: (reads: Reads) => Promise<Result>): Promise<Result> {
    const { dialect, failures } = this.#server;
    return this.#use(call, (link) =>
      inTransaction(link, { begin: dialect.begin.snapshot, failures }, call, async (run) => {
        const tableFor = (entity: EntityModel): ServerTable => this.#tables.tableFor(entity);
        const result = await body({
          read: (request) => readRows(run, tableFor, request),
          scan: (plan, window) => scanRows(run, tableFor(plan.entity), plan, window),
          count: (plan, count) => countRows(run, tableFor(plan.entity), plan, count),
        });
        return { commit: true, result };
      }),
    );
  }

  #orderedStore(entity: EntityModel): OrderedStore {
    return {
      ...this.#server.orders,
      pushes: (condition) => {
        const field = entity.fields[condition.ordinal];
        const isOpaque = this.#tables.get(entity)?.columns[condition.ordinal]?.isOpaque === true;
        return field !== undefined && !isOpaque && isExpressible(condition, field.type, this.#server.dialect);
      },
    };
  }

  async #sweep(now: bigint): Promise<boolean> {
    if (!this.#tables.hasMeta()) return false;
    const control = createCall({ timeout: SWEEPING, requestId: "sweep" });
    this.#sweeping = control;
    try {
      return await this.#pool.use(control.call, async (link) => {
        let more = false;
        for (const statement of this.#expired(now)) more = (await link.run(statement)).affected >= SWEPT || more;
        return more;
      });
    } finally {
      control.finish();
    }
  }

  /** What removes it. */
  #expired(now: bigint): readonly Statement[] {
    const { dialect } = this.#server;
    const expiring = [...this.#tables.all()].flatMap((table) => {
      const { expiresAt } = table.entity.managed;
      if (expiresAt === undefined) return [];
      const expires = columnAt(table.columns, expiresAt);
      const key = table.key.map(({ sql }) => sql).join(", ");
      const where = `${expires.sql} <= ${dialect.parameter}`;
      const text = dialect.removeSome({ table: table.sql, key, where, orderBy: expires.sql, limit: SWEPT });
      return [{ text, parameters: [expires.bind(now)], repeated: true }];
    });
    return [...expiring, forgetStatement(dialect, now, SWEPT)];
  }
}
