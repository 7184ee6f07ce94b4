/** What the backends say of the configured stores before any is opened, and stores that would share a database unawares. */

import type { CheckedSettings } from "../adapter/opening.ts";
import { settingsCheckOf } from "../adapter/registry.ts";
import type { CheckStores, StoreConfig, StoreProblem } from "../config/config.ts";

export const checkStores: CheckStores = async (stores, dataDir) => {
  const first = new Map<string, string>();
  const problems: StoreProblem[] = [];
  for (const store of stores) {
    const { name } = store;
    const { problems: own, place } = await checkedSettings(store, dataDir);
    problems.push(...own.map((problem) => ({ store: name, ...problem })));
    if (place === undefined) continue;
    const other = first.get(place);
    if (other === undefined) first.set(place, name);
    else problems.push({ store: name, setting: "url", reason: shared(name, other) });
  }
  return problems;
};

/** Two would each keep its own account of the writes, tables and locks of one database. */
function shared(store: string, other: string): string {
  return `names the database that stores.${other} has already; give ${store} another, or route its entities to ${other}`;
}

async function checkedSettings({ name, url, settings }: StoreConfig, dataDir: string): Promise<CheckedSettings> {
  try {
    const check = await settingsCheckOf(url);
    return (await check?.({ store: name, url, dataDir, settings })) ?? { problems: [] };
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "SchemeRefused") throw error;
    return { problems: [{ setting: "url", reason: `cannot be opened: ${error.message}` }] };
  }
}
