/** A store while the server runs: opened at the start or later, pinged now and then, never the reason for the process to end. */

import type { Adapter } from "../adapter/adapter.ts";
import { guard } from "../adapter/guard.ts";
import { createCall } from "../model/call.ts";
import { Fault } from "../model/fault.ts";

export interface StoreLog {
  info(fields: object, text: string): void;
  error(fields: object, text: string): void;
}

export interface StoreOptions {
  readonly name: string;
  readonly open: () => Promise<Adapter>;
  readonly log: StoreLog;
  /** Told whenever the store begins or ceases to answer, and once at the start. */
  readonly onChange: (serving: boolean) => void;
}

export interface Store {
  readonly name: string;
  /**
   * Opens the store, or goes on trying in the background.
   *
   * @throws whatever `open` throws, if waiting cannot mend it: a refused scheme or setting, tables that differ
   */
  start(): Promise<void>;
  /** Guarded. @throws Fault while the store is not open */
  adapter(): Adapter;
  isServing(): boolean;
  /** Stops looking after it, lets what runs finish, and releases everything. */
  close(): Promise<void>;
}

const probeEvery = 15_000; // milliseconds, like all below
const probeTimeout = 5_000;
const firstDelay = 1_000;
const longestDelay = 30_000;

export function createStore(options: StoreOptions): Store {
  return new LiveStore(options);
}

class LiveStore implements Store {
  readonly name: string;
  readonly #options: StoreOptions;
  #adapter: Adapter | undefined;
  #fault: Fault;
  #isServing = false;
  #isClosed = false;
  #timer: NodeJS.Timeout | undefined;
  /** Opening or pinging; one at a time, and `close` waits for it. */
  #busy: Promise<void> = Promise.resolve();

  constructor(options: StoreOptions) {
    this.name = options.name;
    this.#options = options;
    this.#fault = unavailable(options.name);
  }

  adapter(): Adapter {
    if (this.#adapter) return this.#adapter;
    throw this.#fault;
  }

  isServing(): boolean {
    return this.#isServing;
  }

  async start(): Promise<void> {
    this.#options.onChange(false);
    try {
      await this.#open();
      this.#later(probeEvery, () => this.#probe());
    } catch (error) {
      if (isFinal(error)) throw error;
      this.#retry(error, firstDelay);
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#busy;
    const adapter = this.#adapter;
    this.#adapter = undefined;
    await adapter?.close();
  }

  async #open(): Promise<void> {
    const adapter = guard(await this.#options.open(), this.name);
    if (this.#isClosed) return adapter.close();
    this.#adapter = adapter;
    this.#report(true);
    this.#options.log.info({ store: this.name }, "store open");
  }

  #retry(error: unknown, delay: number): void {
    this.#fault = error instanceof Fault ? error.within({ store: this.name }) : unavailable(this.name);
    const cause = error instanceof Fault ? (error.detail.cause ?? error) : error;
    this.#options.log.error({ store: this.name, retryIn: delay, err: cause }, "a store cannot be opened");
    this.#later(delay, () =>
      this.#open().catch((again: unknown) => this.#retry(again, Math.min(2 * delay, longestDelay))),
    );
  }

  async #probe(): Promise<void> {
    const control = createCall({ timeout: probeTimeout, requestId: "probe" });
    try {
      await this.#adapter?.ping(control.call);
      this.#report(true);
    } catch (error) {
      if (this.#isServing) this.#options.log.error({ store: this.name, err: error }, "a store has ceased to answer");
      this.#report(false);
    } finally {
      control.finish();
    }
    this.#later(probeEvery, () => this.#probe());
  }

  #later(delay: number, action: () => Promise<void>): void {
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => {
      this.#busy = action();
    }, delay).unref();
  }

  #report(serving: boolean): void {
    if (this.#isServing === serving) return;
    this.#isServing = serving;
    this.#options.onChange(serving);
  }
}

function unavailable(store: string): Fault {
  return new Fault("STORE_UNAVAILABLE", "the store cannot be opened; the server's log says why, and goes on trying", {
    store,
    retryAfter: firstDelay,
  });
}

/** Faults of the request kind say that the configuration or the tables must change; vendor errors may pass. */
function isFinal(error: unknown): boolean {
  if (!(error instanceof Fault)) return error instanceof Error && error.name === "SchemeRefused";
  return error.code === "FAILED_PRECONDITION" || error.code === "INVALID_ARGUMENT" || error.code === "UNIMPLEMENTED";
}
