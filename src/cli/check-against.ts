/** `pannier check --against`: what the change from an earlier schema means for rows, without a store. */

import { storesAbilities } from "../compose/open-store.ts";
import { contractDigest } from "../migration/contract-text.ts";
import { contractOf, type StoredContract } from "../migration/contract.ts";
import { planChange } from "../migration/plan-change.ts";
import { planRemoval } from "../migration/plan-removal.ts";
import { planJson, planText, stepLine } from "../migration/plan-text.ts";
import { blocking, type Plan } from "../migration/plan.ts";
import type { EntityModel } from "../model/entity.ts";
import type { RoutedSchema } from "../server/routed-schema.ts";
import type { CommandContext } from "./command.ts";
import { EXIT } from "./command.ts";
import { earlierEntities } from "./earlier-schema.ts";
import type { Config } from "../config/config.ts";

export interface AgainstOptions {
  readonly context: CommandContext;
  readonly config: Config;
  readonly schema: RoutedSchema;
  readonly against: string;
  /** The configured ones, or the default. */
  readonly sources: readonly string[];
  readonly cacheDir: string;
}

/** Exits with 78 where a start would not do it all. @throws StartRefused where the earlier schema cannot be had */
export async function checkAgainst({ context, config, schema, against, sources, cacheDir }: AgainstOptions): Promise<number> {
  const earlier = await earlierEntities({ against, directory: context.directory, sources, cacheDir });
  const isJson = context.flags.has("json");
  const abilities = await storesAbilities(config.stores.values());
  let waits = 0;
  let changed = 0;
  const report = (plan: Plan, store: string): void => {
    if (isJson) context.print(JSON.stringify(planJson({ store, plan, rows: undefined, findings: [], against })));
    if (plan.steps.length === 0) return;
    changed += 1;
    if (!isJson) context.print(planText({ store, plan, rows: undefined, findings: [], against }));
    for (const step of blocking(plan)) {
      if (step.by === "auto") continue;
      waits += 1;
      context.complain(`pannier: ${plan.entity}: ${stepLine(step)}\n`);
    }
  };
  for (const { model, store } of schema.routed) {
    const able = abilities.get(store.name);
    if (!able) {
      if (!isJson) context.print(`${model.name}: the store ${store.name} remembers no contracts; nothing is planned`);
      continue;
    }
    const before = earlier.find((entity) => entity.model.name === model.name)?.model;
    const history = before ? [storedOf(before)] : [];
    report(planChange({ wanted: contractOf(model), history, abilities: able, rows: undefined }), store.name);
  }
  for (const { model } of earlier) {
    if (schema.routed.some((entity) => entity.model.name === model.name)) continue;
    const store = config.entities.get(model.name)?.store ?? model.store;
    const able = abilities.get(store);
    if (able) report(planRemoval(storedOf(model), able), store);
  }
  if (waits > 0) return EXIT.configuration;
  if (!isJson) context.print(changed === 0 ? `nothing differs from ${against}` : "a start with tables: auto does it all");
  return EXIT.ok;
} // prettier-ignore

/** As if a store had been written under it. */
function storedOf(entity: EntityModel): StoredContract {
  const contract = contractOf(entity);
  return { contract, revision: 1, digest: contractDigest(contract), at: "" };
}
