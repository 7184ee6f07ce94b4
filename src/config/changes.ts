/** What differs between two configurations, by the path of the setting; and whether it can be taken over while the server runs. */

import type { LoadedConfiguration } from "./config.ts";
import { settingOf } from "./settings.ts";

export interface Changes {
  /** Taken over at once. */
  readonly live: readonly string[];
  /** Waiting for the next start. */
  readonly waiting: readonly string[];
}

/** Names settings, never their values. */
export function changesBetween(before: LoadedConfiguration, after: LoadedConfiguration): Changes {
  const paths = new Set([...before.settings.keys(), ...after.settings.keys()]);
  const differ = [...paths].filter((path) => said(before, path) !== said(after, path));
  const isLive = (path: string): boolean => settingOf(path)?.setting.live === true;
  return {
    live: differ.filter(isLive),
    waiting: [...new Set([...differ.filter((path) => !isLive(path)), ...secretChanges(before, after)])],
  };
}

function said({ settings }: LoadedConfiguration, path: string): string {
  return JSON.stringify(settings.get(path), (_, value: unknown) => (value instanceof Map ? [...value] : value)) ?? "";
}

/** A file of a secret may have other content under the same name. */
function secretChanges(before: LoadedConfiguration, after: LoadedConfiguration): readonly string[] {
  return Array.from(after.config.stores.values()).flatMap(({ name, url }) => {
    const path = `stores.${name}.password_file`;
    const other = before.config.stores.get(name)?.url.password;
    return after.settings.has(path) && other !== undefined && other !== url.password ? [path] : [];
  });
}
