/** A store while the server runs: opened at the start or later, pinged now and then, never the reason for the process to end. */

import type { Adapter } from "../adapter/adapter.ts";
import { guard } from "../adapter/decorators/guard.ts";
import { createCall, type Call } from "../model/call.ts";
import { Fault } from "../model/fault.ts";
import type { Reason } from "../model/reason.ts";

export interface StoreLog {
  info(fields: object, text: string): void;
  error(fields: object, text: string): void;
}

export interface StoreOptions {
  readonly name: string;
  readonly open: () => Promise<Adapter>;
  /** What is put around the guarded adapter. */
  readonly decorate: (adapter: Adapter) => Adapter;
  readonly log: StoreLog;
  /** Told at the start, whenever the store ceases to answer, and after every look at it: what it can carry may have changed, too. */
  readonly onChange: (serving: boolean) => void;
}

const probeEvery = 5_000; // milliseconds, like all below
/** While it does not answer, and at least between two probes that failures in service ask for. */
const probeAgain = 1_000;
const probeTimeout = 5_000;
const firstDelay = 1_000;
const longestDelay = 30_000;
/** Share of a pause that is left to chance, either way: many sidecars lose a server at one time, and must not ask for it at one time. */
const jitter = 0.2;

export class Store {
  readonly name: string;
  readonly #options: StoreOptions;
  #adapter: Adapter | undefined;
  #fault: Fault;
  #isServing = false;
  #isClosed = false;
  #timer: NodeJS.Timeout | undefined;
  #isProbing = false;
  #probed = -Infinity;
  /** Opening or pinging; one at a time, and `close` waits for it. */
  #busy: Promise<void> = Promise.resolve();

  constructor(options: StoreOptions) {
    this.name = options.name;
    this.#options = options;
    this.#fault = notOpen(undefined, options.name);
  }

  /** Guarded. @throws Fault while the store is not open */
  adapter(): Adapter {
    if (this.#adapter) return this.#adapter;
    throw this.#fault;
  }

  isServing(): boolean {
    return this.#isServing;
  }

  /**
   * Opens the store, or goes on trying in the background.
   *
   * @throws whatever `open` throws, if waiting cannot mend it: a refused scheme or setting, tables that differ
   */
  async start(): Promise<void> {
    this.#options.onChange(false);
    try {
      await this.#open();
    } catch (error) {
      if (isFinal(error)) throw error;
      this.#retry(error, firstDelay);
    }
  }

  /** Asks the store itself, now. @throws Fault when it does not answer */
  async check(call: Call): Promise<void> {
    const adapter = this.adapter();
    try {
      await adapter.ping(call);
      if (!this.#isServing) this.#options.log.info({ store: this.name }, "a store answers again");
      // Also while it goes on answering: its tables may have come to fit an entity, or ceased to.
      this.#isServing = true;
      this.#options.onChange(true);
    } catch (error) {
      if (this.#isServing) this.#options.log.error({ store: this.name, err: error }, "a store has ceased to answer");
      this.#report(false);
      throw error;
    }
  }

  /** Stops looking after it, lets what runs finish, and releases everything. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#busy;
    const adapter = this.#adapter;
    this.#adapter = undefined;
    await adapter?.close();
  }

  async #open(): Promise<void> {
    const opened = guard(await this.#options.open(), this.name, (fault) => this.#suspect(fault));
    const adapter = this.#options.decorate(opened);
    if (this.#isClosed) return adapter.close();
    this.#adapter = adapter;
    this.#report(true);
    this.#options.log.info({ store: this.name }, "store open");
    this.#later(probeEvery, () => this.#probe());
  }

  #retry(error: unknown, delay: number): void {
    this.#fault = notOpen(error, this.name);
    const cause = error instanceof Fault ? (error.detail.cause ?? error) : error;
    this.#options.log.error({ store: this.name, retryIn: delay, err: cause }, "a store cannot be opened");
    this.#later(jittered(delay), () =>
      this.#open().catch((again: unknown) => this.#retry(again, Math.min(2 * delay, longestDelay))),
    );
  }

  /** A call met something that concerns the whole store: whether it still answers is asked now, not at the next turn. */
  #suspect(fault: Fault): void {
    const concernsOthers = ofTheStore.has(fault.reason) || fault.reason === "SCHEMA_DRIFT";
    if (!this.#isServing || this.#isProbing || !concernsOthers) return;
    this.#isProbing = true;
    const wait = Math.max(0, this.#probed + probeAgain - performance.now());
    this.#later(wait, () => this.#probe());
  }

  async #probe(): Promise<void> {
    this.#isProbing = true;
    this.#probed = performance.now();
    const control = createCall({ timeout: probeTimeout, requestId: "probe" });
    await this.check(control.call).catch(() => {}); // it reports
    control.finish();
    this.#isProbing = false;
    this.#later(this.#isServing ? probeEvery : jittered(probeAgain), () => this.#probe());
  }

  #later(delay: number, action: () => Promise<void>): void {
    if (this.#isClosed) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#busy = action();
    }, delay).unref();
  }

  #report(serving: boolean): void {
    if (!serving && !this.#isServing) return;
    this.#isServing = serving;
    this.#options.onChange(serving);
  }
}

function jittered(delay: number): number {
  return delay * (1 + jitter * (2 * Math.random() - 1));
}

/** What callers are answered of a store that cannot be opened; the first message names files and hosts, and is for the log alone. */
function notOpen(error: unknown, store: string): Fault {
  const reason = error instanceof Fault && ofTheStore.has(error.reason) ? error.reason : "STORE_UNAVAILABLE";
  return new Fault(reason, "the store cannot be opened; the server's log says why, and goes on trying", {
    store,
    retryAfter: firstDelay,
  });
}

/** Failures that are not the call's doing and may concern every other. */
const ofTheStore: ReadonlySet<Reason> = new Set<Reason>([
  "STORE_UNAVAILABLE",
  "STORE_CORRUPT",
  "STORE_FULL",
  "STORE_READ_ONLY",
  "WRITE_OUTCOME_UNKNOWN",
]);

/** Faults of the request kind say that the configuration or the tables must change; vendor errors may pass. */
function isFinal(error: unknown): boolean {
  if (!(error instanceof Fault)) return error instanceof Error && error.name === "SchemeRefused";
  return error.code === "FAILED_PRECONDITION" || error.code === "INVALID_ARGUMENT" || error.code === "UNIMPLEMENTED";
}
