/** A store's adapter, opened as configured with the entities that are routed to it. */

import type { Adapter } from "../adapter/adapter.ts";
import type { OpenOptions } from "../adapter/opening.ts";
import { withEntityLevels, type EntityLevels } from "../adapter/decorators/entity-levels.ts";
import { abilitiesOf, memoryOf, openerOf } from "../adapter/registry.ts";
import type { StoreAbilities } from "../migration/plan.ts";
import type { StoreConfig } from "../config/config.ts";
import type { RoutedEntity } from "../server/routed-schema.ts";

/** `tables` may differ from what is configured: `check` looks without changing anything. */
export type StoreToOpen = Omit<StoreConfig, "tables"> & Pick<OpenOptions, "tables">;

export interface OpeningOptions extends Pick<OpenOptions, "clock" | "log"> {
  readonly dataDir: string;
}

export async function openStore(
  store: StoreToOpen,
  routed: readonly RoutedEntity[],
  { dataDir, log, clock }: OpeningOptions,
): Promise<Adapter> {
  const open = await openerOf(store.url);
  const here = routed.filter((entity) => entity.store.name === store.name);
  const entities = here.map(({ model }) => model);
  const { name, url, passwordFile, tables, settings } = store;
  const secret = passwordFile === undefined ? {} : { passwordFile };
  const adapter = await open({ store: name, url, ...secret, dataDir, entities, tables, settings, clock, log });
  return withEntityLevels(adapter, new Map(here.map(({ model, own }) => [model, levelsOf(own)])));
}

/** What an entity's calls ask for that name no consistency. */
export function levelsOf({ readConsistency: read, writeConsistency: write }: RoutedEntity["own"]): EntityLevels {
  return { ...(read && { read }), ...(write && { write }) };
}

/** By name, what the planner of schema changes has to know of each store; without those that remember no contracts. @throws SchemeRefused */
export async function storesAbilities(stores: Iterable<StoreConfig>): Promise<ReadonlyMap<string, StoreAbilities>> {
  const found = new Map<string, StoreAbilities>();
  for (const { name, url } of stores) {
    const abilities = await abilitiesOf(url);
    if (abilities) found.set(name, abilities);
  }
  return found;
}

/** By name, the bytes that each store may come to hold beside what its calls hold. @throws SchemeRefused */
export async function storesMemory(stores: Iterable<StoreConfig>): Promise<ReadonlyMap<string, number>> {
  const sizes = Array.from(stores, async ({ name, url }) => [name, await memoryOf(url)] as const);
  return new Map(await Promise.all(sizes));
}
