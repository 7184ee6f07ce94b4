/** The configuration while the server runs: looked at again when asked, taken over where it can be, kept as it was where it cannot be read. */

import { changesBetween } from "../config/changes.ts";
import type { Config, LoadedConfiguration } from "../config/config.ts";
import { ConfigurationRefused } from "../config/finding.ts";

export interface ReloadingLog {
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
  error(fields: object, text: string): void;
}

export interface ReloadingOptions {
  readonly loaded: LoadedConfiguration;
  readonly load: () => Promise<LoadedConfiguration>;
  /** Takes over what is live; synchronous, so that no call sees half of it. */
  readonly apply: (config: Config) => void;
  readonly log: ReloadingLog;
  /** Milliseconds that must pass without another change of the file. */
  readonly quiet?: number;
}

export interface ReloadCounts {
  readonly applied: number;
  readonly unchanged: number;
  readonly refused: number;
  /** RFC 3339; while the last look was refused. */
  readonly refusedAt: string | undefined;
}

const defaultQuiet = 200; // milliseconds

export class Reloading {
  readonly counts = { applied: 0, unchanged: 0, refused: 0, refusedAt: undefined as string | undefined };
  readonly #options: ReloadingOptions;
  #current: LoadedConfiguration;
  #running: Promise<void> | undefined;
  #again: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(options: ReloadingOptions) {
    this.#options = options;
    this.#current = options.loaded;
  }

  /** Looks at once; asked while it looks, it looks once more. Resolves when what was asked for is done. */
  now(cause: string): Promise<void> {
    if (this.#isStopped) return Promise.resolve();
    if (!this.#running) {
      this.#running = this.#look(cause).finally(() => (this.#running = undefined));
      return this.#running;
    }
    this.#again ??= this.#running.then(() => {
      this.#again = undefined;
      return this.now(cause);
    });
    return this.#again;
  }

  /** Looks when the file has been quiet for a while. */
  soon(cause: string): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.now(cause), this.#options.quiet ?? defaultQuiet).unref(); // never rejects
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  async #look(cause: string): Promise<void> {
    const { load, log } = this.#options;
    try {
      const loaded = await load();
      if (!this.#isStopped) this.#take(loaded, cause);
    } catch (error) {
      this.counts.refused += 1;
      this.counts.refusedAt = new Date().toISOString();
      const findings = error instanceof ConfigurationRefused ? { findings: error.message.split("\n") } : { err: error };
      log.error({ cause, ...findings }, "the changed configuration is refused; the earlier one goes on");
    }
  }

  #take(loaded: LoadedConfiguration, cause: string): void {
    const { apply, log, loaded: started } = this.#options;
    const { live, waiting: different } = changesBetween(this.#current, loaded);
    const { waiting } = changesBetween(started, loaded); // what was put back waits for nothing
    this.counts.refusedAt = undefined;
    this.#current = loaded;
    if (live.length === 0 && different.length === 0) {
      this.counts.unchanged += 1;
      return;
    }
    if (live.length > 0) apply(loaded.config);
    this.counts.applied += 1;
    log.info({ cause, settings: live }, "the configuration is taken over");
    if (different.length > 0 && waiting.length > 0)
      log.warn({ cause, settings: waiting }, "these settings have changed and wait for the next start");
  }
}
