/** What may be configured of a SQLite store; `sqlite:name.db` lies in the data directory. */

import type { CheckSettings } from "../opening.ts";
import { settingsCheck } from "../embedded/settings.ts";

export const SQLITE_STORE = {
  defaults: {
    /** Milliseconds a write waits for another process. */
    busy_timeout_ms: 2_000,
    /** Milliseconds between sweeps of expired rows. */
    sweep_interval_ms: 60_000,
    /** Most writes that wait. */
    queue: 4_096,
    /** Most writes in one commit. */
    group: 512,
  },
  forms: "sqlite:name.db, sqlite:/path/name.db or sqlite::memory:",
  inMemory: ":memory:",
} as const;

export const checkSettings: CheckSettings = settingsCheck(SQLITE_STORE);
