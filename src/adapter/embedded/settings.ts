/** Settings of an embedded store, which are whole numbers above 0. */

import { isAbsolute, resolve } from "node:path";
import { Fault } from "../../model/fault.ts";
import type { OpenOptions } from "../adapter.ts";

/** The defaults with what was configured in their place. @throws Fault that names an unknown or malformed setting */
export function numbersOf<Name extends string>(
  { settings, store }: Pick<OpenOptions, "settings" | "store">,
  defaults: { readonly [name in Name]: number },
): { readonly [name in Name]: number } {
  const values: { [name in Name]: number } = { ...defaults };
  for (const [name, value] of Object.entries(settings)) {
    if (name === "pool.max") continue; // the portable setting: there is nothing to pool
    if (!isOneOf(name, defaults)) {
      const known = Object.keys(defaults).join(", ");
      throw new Fault("FIELD_INVALID", `store ${store}: unknown setting ${name}; this store has ${known}`);
    }
    if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 1)
      throw new Fault("FIELD_INVALID", `store ${store}: the setting ${name} must be a whole number above 0`);
    values[name] = value;
  }
  return values;
}

function isOneOf<Name extends string>(name: string, defaults: { readonly [name in Name]: number }): name is Name {
  return Object.hasOwn(defaults, name);
}

/** The absolute path that a url names; one without a slash at its start lies in the data directory. Undefined where it names none. */
export function pathIn({ url, dataDir }: Pick<OpenOptions, "url" | "dataDir">): string | undefined {
  const path = decodeURIComponent(url.pathname);
  if (path === "" || path.endsWith("/") || url.host !== "" || url.search !== "") return undefined;
  return isAbsolute(path) ? path : resolve(dataDir, path);
}
