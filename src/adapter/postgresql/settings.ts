/** What may be configured of a store: `postgres://user:password@host:port/database?sslmode=verify-full`, and numbers. */

import type { CheckSettings, StoreSettings } from "../adapter.ts";
import { checkServerSettings, serverSettings, type ServerSettings } from "../sql/server/settings.ts";

const SERVER = { scheme: "postgres", port: 5_432, several: true };

/** @throws Fault that says the first thing that is wrong */
export function settingsOf(options: StoreSettings): ServerSettings {
  return serverSettings(SERVER, options);
}

export const checkSettings: CheckSettings = async (options) => checkServerSettings(SERVER, "postgresql", options);
