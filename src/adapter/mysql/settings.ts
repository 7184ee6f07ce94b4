/** What may be configured of a store: `mariadb://user:password@host:port/database?sslmode=verify-full`, and numbers. */

import type { CheckSettings, StoreSettings } from "../opening.ts";
import { checkServerSettings, serverSettings, type ServerSettings } from "../sql/server/settings.ts";
import type { Flavour } from "./flavour.ts";

const several = true;

/** @throws Fault that says the first thing that is wrong */
export function settingsOf(flavour: Flavour, options: StoreSettings): ServerSettings {
  return serverSettings({ ...flavour, several }, options);
}

export function settingsCheck(flavour: Flavour): CheckSettings {
  return async (options) => checkServerSettings({ ...flavour, several }, flavour.scheme, options);
}
