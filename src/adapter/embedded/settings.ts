/** Settings of an embedded store: whole numbers above 0, and a url that names a file or a directory. */

import { resolve } from "node:path";
import type { CheckSettings, SettingProblem, StoreSettings } from "../opening.ts";
import { refuseProblems } from "../setting-problem.ts";
import { placeOf } from "./place.ts";

/** What may be configured of one kind of store. */
export interface EmbeddedStore<Name extends string> {
  readonly defaults: { readonly [name in Name]: number };
  /** How its url may look, in words. */
  readonly forms: string;
  /** A path that means a database of this store alone, in memory. */
  readonly inMemory?: string;
}

export interface EmbeddedSettings<Name extends string> {
  /** The defaults with what was configured in their place. */
  readonly numbers: { readonly [name in Name]: number };
  /** Absolute, or `inMemory`; what the url names without a slash at its start lies in the data directory. */
  readonly path: string;
}

/** @throws Fault that says the first thing that is wrong */
export function settingsOf<Name extends string>(
  options: StoreSettings,
  kind: EmbeddedStore<Name>,
): EmbeddedSettings<Name> {
  const { numbers, path, problems } = read(options, kind);
  refuseProblems(options, problems);
  return { numbers, path };
}

export function settingsCheck<Name extends string>(kind: EmbeddedStore<Name>): CheckSettings {
  return async (options) => {
    const { path, problems } = read(options, kind);
    const isShared = problems.length === 0 && path !== kind.inMemory;
    return { problems, ...(isShared && { place: await placeOf(path) }) };
  };
}

function read<Name extends string>(
  options: StoreSettings,
  kind: EmbeddedStore<Name>,
): EmbeddedSettings<Name> & { readonly problems: readonly SettingProblem[] } {
  const problems: SettingProblem[] = [];
  const numbers = numbersIn(options.settings, kind.defaults, problems);
  const path = pathIn(options, kind, problems);
  return { numbers, path, problems };
}

function numbersIn<Name extends string>(
  settings: StoreSettings["settings"],
  defaults: { readonly [name in Name]: number },
  problems: SettingProblem[],
): { readonly [name in Name]: number } {
  const numbers: { [name in Name]: number } = { ...defaults };
  for (const [setting, value] of Object.entries(settings)) {
    if (setting === "pool.max") continue; // the portable setting: there is nothing to pool
    if (!isOneOf(setting, defaults)) {
      const known = Object.keys(defaults).join(", ");
      problems.push({ setting, reason: `is no setting of this store, which has ${known}; correct or remove it` });
    } else if (typeof value === "number" && Number.isSafeInteger(value) && value >= 1) numbers[setting] = value;
    else problems.push({ setting, reason: "must be a whole number above 0" });
  }
  return numbers;
}

function isOneOf<Name extends string>(name: string, defaults: { readonly [name in Name]: number }): name is Name {
  return Object.hasOwn(defaults, name);
}

function pathIn({ url, dataDir }: StoreSettings, kind: EmbeddedStore<string>, problems: SettingProblem[]): string {
  const path = decoded(url.pathname);
  if (path === undefined || url.hash !== "") {
    const reason = "holds # or %, which begin escapes; write %23 and %25 where the file's name has them";
    problems.push({ setting: "url", reason });
  } else if (path === "" || path.endsWith("/") || url.host !== "" || url.search !== "") {
    problems.push({ setting: "url", reason: `is none of this store; it must be ${kind.forms}` });
  } else if (path === kind.inMemory) return path;
  return resolve(dataDir, path ?? "");
}

/** Undefined where a % is followed by no two hexadecimal digits, or by bytes that are no text. */
function decoded(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}
