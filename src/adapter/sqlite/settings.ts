/** Settings of a SQLite store, and where its file lies. */

import { isAbsolute, resolve } from "node:path";
import { Fault } from "../../model/fault.ts";
import type { OpenOptions } from "../adapter.ts";

export interface Settings {
  /** Milliseconds a write waits for another process. */
  readonly busyTimeout: number;
  /** Milliseconds between sweeps of expired rows. */
  readonly sweepInterval: number;
  /** Most writes that wait. */
  readonly queue: number;
  /** Most writes in one commit. */
  readonly group: number;
}

const DEFAULTS: { readonly [name: string]: number } = {
  busy_timeout_ms: 2_000,
  sweep_interval_ms: 60_000,
  queue: 4_096,
  group: 512,
};

export function settingsOf({ settings, store }: OpenOptions): Settings {
  const values = { ...DEFAULTS };
  for (const [name, value] of Object.entries(settings)) {
    if (name === "pool.max") continue; // the portable setting: two handles are always within it
    if (!(name in DEFAULTS)) {
      throw new Fault(
        "FIELD_INVALID",
        `store ${store}: unknown setting ${name}; SQLite has ${Object.keys(DEFAULTS).join(", ")}`,
      );
    }
    if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 1) {
      throw new Fault("FIELD_INVALID", `store ${store}: the setting ${name} must be a whole number above 0`);
    }
    values[name] = value;
  }
  return {
    busyTimeout: values["busy_timeout_ms"] ?? 0,
    sweepInterval: values["sweep_interval_ms"] ?? 0,
    queue: values["queue"] ?? 0,
    group: values["group"] ?? 0,
  };
}

/** ":memory:", or an absolute path; `sqlite:name.db` lies in the data directory. */
export function pathOf({ url, dataDir, store }: OpenOptions): string {
  const path = decoded(url.pathname);
  if (path === ":memory:" && url.hash === "") return path;
  if (path === undefined || url.hash !== "") {
    throw new Fault(
      "FIELD_INVALID",
      `store ${store}: # and % in a SQLite url stand for other characters; write %23 and %25 where the file's name has them`,
    );
  }
  if (path === "" || path.endsWith("/") || url.host !== "" || url.search !== "") {
    throw new Fault(
      "FIELD_INVALID",
      `store ${store}: a SQLite url is sqlite:name.db, sqlite:/path/name.db or sqlite::memory:`,
    );
  }
  return isAbsolute(path) ? path : resolve(dataDir, path);
}

/** Undefined where a % is followed by no two hexadecimal digits, or by bytes that are no text. */
function decoded(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}
