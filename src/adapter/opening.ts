/** How a backend is opened, and what it says of its settings before. */

import type { Clock } from "../model/clock.ts";
import type { EntityModel } from "../model/entity.ts";
import type { Adapter } from "./adapter.ts";
import type { DerivationSource } from "./derivation.ts";

/** What a backend's folder exports as `open`. */
export type OpenAdapter = (options: OpenOptions) => Promise<Adapter>;

/** How a store is configured. */
export interface StoreSettings {
  /** Name in the configuration. */
  readonly store: string;
  /** Scheme and all; parts and secrets are already put together. */
  readonly url: URL;
  /** The file that the url's password was read from, where it was one: it is read again for every connection, so that passwords can change. */
  readonly passwordFile?: string;
  /** Directory for embedded databases. */
  readonly dataDir: string;
  /** Backend-specific settings from the configuration; unknown keys are an error. */
  readonly settings: { readonly [key: string]: unknown };
}

/** What is wrong with one setting, as the rest of a sentence that begins with its name; never quotes a url, which may hold a password. */
export interface SettingProblem {
  /** "url", or a key of the settings. */
  readonly setting: string;
  readonly reason: string;
}

/** What a backend says of settings before it opens anything, so that all of a configuration is in one report. */
export type CheckSettings = (options: StoreSettings) => Promise<CheckedSettings>;

export interface CheckedSettings {
  readonly problems: readonly SettingProblem[];
  /** Equal for two stores that would keep their rows in one database; absent where nobody else can name it. */
  readonly place?: string;
}

export interface OpenOptions extends StoreSettings {
  /** Every entity routed to this store; the order is by name. */
  readonly entities: readonly EntityModel[];
  /**
   * `auto` applies additively, `check` and `migrate` refuse on a difference, `off` looks away. `inspect` is for a look from outside: nothing is
   * created or changed, not even the database, and `schema.verify` says what differs.
   */
  readonly tables: "auto" | "check" | "migrate" | "off" | "inspect";
  readonly clock: Clock;
  readonly log: AdapterLog;
  /** The functions that writes may name in `derive`. */
  readonly derivations?: readonly DerivationSource[];
}

/** Never row values, SQL text with literals, secrets or DSNs. */
export interface AdapterLog {
  debug(fields: object, text: string): void;
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
  error(fields: object, text: string): void;
}
