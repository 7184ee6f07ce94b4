/** Settings of a kv store, and where its directory lies. */

import { Fault } from "../../model/fault.ts";
import type { OpenOptions } from "../adapter.ts";
import { numbersOf, pathIn } from "../embedded/settings.ts";

/** Milliseconds between sweeps; most writes that wait; most writes in one commit. */
export const DEFAULTS = { sweep_interval_ms: 60_000, queue: 4_096, group: 512 } as const;

export type Settings = ReturnType<typeof settingsOf>;

export function settingsOf(options: OpenOptions): { readonly [name in keyof typeof DEFAULTS]: number } {
  return numbersOf(options, DEFAULTS);
}

/** Absolute; `kv:name` lies in the data directory. */
export function pathOf(options: OpenOptions): string {
  const path = pathIn(options);
  if (path !== undefined) return path;
  throw new Fault("FIELD_INVALID", `store ${options.store}: a url of this store is kv:name or kv:/path/name`);
}
