/** What an entity's annotations ask of the store it is routed to. A store that lacks one of these cannot carry it. */

import type { Adapter } from "../adapter/adapter.ts";
import type { CapabilityName } from "../adapter/capabilities.ts";
import { has } from "../adapter/capabilities.ts";
import type { EntityLevels } from "../adapter/decorators/entity-levels.ts";
import type { EntityModel } from "../model/entity.ts";
import { Fault } from "../model/fault.ts";

export interface Demand {
  readonly capability: CapabilityName;
  /** What asks for it, and what to do. */
  readonly text: string;
}

/** What the store lacks; empty when it can carry the entity, and has the consistency that is configured for it. */
export function unmetDemands(
  entity: EntityModel,
  { capabilities, unfit }: Pick<Adapter, "capabilities" | "unfit">,
  levels: EntityLevels = {},
): readonly Demand[] {
  const text = unfit?.get(entity);
  const unmet = demandsOf(entity).filter(({ capability }) => !has(capabilities, capability));
  for (const [access, level] of Object.entries(levels))
    if (!capabilities.consistency?.values.includes(level))
      unmet.push({
        capability: "consistency",
        text: `its ${access}_consistency is configured as ${level}; remove that, or use another store`,
      });
  return text === undefined ? unmet : [{ capability: "schema", text }, ...unmet];
}

function demandsOf(entity: EntityModel): readonly Demand[] {
  const demands: Demand[] = [];
  for (const { name, generate, references } of entity.fields) {
    if (generate === "sequence")
      demands.push({
        capability: "sequence",
        text: `${name} is filled by GENERATE_SEQUENCE; use another generator or store`,
      });
    if (references && references.onDelete !== "none") {
      demands.push({
        capability: "references",
        text: `${name} refers with on_delete; leave it out, or use another store`,
      });
    }
  }
  const unique = entity.indexes.find((index) => index.unique);
  if (unique)
    demands.push({
      capability: "unique_index",
      text: `the index ${unique.name} is unique; drop that, or use another store`,
    });
  return demands;
}

/** What every method of an entity answers whose store cannot carry it. */
export function notCarried(entity: EntityModel, store: string, lacking: Demand): Fault {
  return new Fault("CAPABILITY_MISSING", `store "${store}" cannot carry ${entity.name}: ${lacking.text}`, {
    entity: entity.name,
    store,
    metadata: { capability: lacking.capability },
  });
}
