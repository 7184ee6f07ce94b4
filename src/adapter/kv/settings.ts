/** What may be configured of a kv store; `kv:name` lies in the data directory. */

import type { CheckSettings } from "../opening.ts";
import { settingsCheck } from "../embedded/settings.ts";

export const KV_STORE = {
  /** Milliseconds between sweeps; most writes that wait; most writes in one commit. */
  defaults: { sweep_interval_ms: 60_000, queue: 4_096, group: 512 },
  forms: "kv:name or kv:/path/name",
} as const;

export const checkSettings: CheckSettings = settingsCheck(KV_STORE);
