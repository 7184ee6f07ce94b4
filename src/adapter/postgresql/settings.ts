/** What may be configured of a store: `postgres://user:password@host:port/database?sslmode=verify-full`, and numbers. */

import type { CheckSettings, StoreSettings } from "../opening.ts";
import type { Flavour } from "./flavour.ts";
import { checkServerSettings, serverSettings, type ServerSettings } from "../sql/server/settings.ts";

const several = true;

/** @throws Fault that says the first thing that is wrong */
export function settingsOf({ scheme, port, isPoolable: poolable }: Flavour, options: StoreSettings): ServerSettings {
  return serverSettings({ scheme, port, several, poolable }, options);
}

export function settingsCheck({ scheme, port, kind, isPoolable: poolable }: Flavour): CheckSettings {
  return async (options) => checkServerSettings({ scheme, port, several, poolable }, kind, options);
}
