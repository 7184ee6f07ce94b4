/** What becomes of an entity in this database, by the contracts in its catalog: pure. */

import { ContractError } from "../../migration/contract-reader.ts";
import { historyOf, otherOwner, type Contracts } from "../../migration/contract-rows.ts";
import { contractDigest } from "../../migration/contract-text.ts";
import { contractOf, type Contract, type StoredContract } from "../../migration/contract.ts";
import { driftOf, type Drift } from "../../migration/drift.ts";
import { planChange, viewOf } from "../../migration/plan-change.ts";
import { planRemoval } from "../../migration/plan-removal.ts";
import type { Plan } from "../../migration/plan.ts";
import type { EntityModel } from "../../model/entity.ts";
import type { ContractState, SchemaDifference } from "../schema.ts";
import { physicalName, type Layout } from "../ordered/byte-table.ts";
import { BYTE_ABILITIES } from "./byte-abilities.ts";
import type { Catalog } from "./byte-catalog.ts";

/** The plan, or what keeps one from being made. */
type Surveyed = { readonly plan: Plan } | { readonly drift: readonly Drift[] };

/** @param rows about how many there are; undefined where nobody counted */
export function surveyed(catalog: Catalog, entity: EntityModel, rows: number | undefined): Surveyed {
  let history: readonly StoredContract[];
  try {
    history = historyOf(contractsOf(catalog), entity.name);
  } catch (error) {
    if (!(error instanceof ContractError)) throw error;
    return { drift: [{ what: `the contract in the store cannot be used: ${error.message}`, additive: false }] };
  }
  const owner = history.length > 0 ? undefined : otherOwner(contractsOf(catalog), entity.table, entity.name);
  if (owner !== undefined) {
    const what = `the table ${entity.table} holds the rows of ${owner}: give ${entity.name} a table of its own, or ${owner} its name back`;
    return { drift: [{ what, additive: false }] };
  }
  return { plan: planChange({ wanted: contractOf(entity), history, abilities: BYTE_ABILITIES, rows }) };
}

/** Of entities that the database holds and nobody declares any more. */
export function removalsIn(catalog: Catalog, entities: readonly EntityModel[]): readonly Plan[] {
  const declared = new Set(entities.map(({ name }) => name));
  const contracts = contractsOf(catalog);
  return [...contracts.keys()].flatMap((name) => {
    const newest = declared.has(name) ? undefined : historyOf(contracts, name).at(-1);
    return newest ? [planRemoval(newest, BYTE_ABILITIES)] : [];
  });
}

/** Why the entity is not served. */
export function driftIn(catalog: Catalog, entity: EntityModel, rows?: number): readonly Drift[] {
  const found = surveyed(catalog, entity, rows);
  return "plan" in found ? driftOf(found.plan, false) : found.drift;
}

export function differencesOf(catalog: Catalog, entity: EntityModel, rows?: number): readonly SchemaDifference[] {
  return driftIn(catalog, entity, rows).map((drift) => ({ entity: entity.name, table: entity.table, ...drift }));
}

/** What only the rows can say, which nobody looks at from outside. */
export function unknownOf(catalog: Catalog, entity: EntityModel): readonly SchemaDifference[] {
  const found = surveyed(catalog, entity, 0);
  if (!("plan" in found)) return [];
  const looks = found.plan.steps.filter(({ look, blocks }) => look !== undefined && blocks);
  return looks.map(({ subject, what }) => ({
    entity: entity.name,
    table: entity.table,
    what: `${subject}: ${what}; rows are looked at by the process that has the database open`,
    additive: true,
    isUnknown: true,
  }));
}

/** Undefined while the entity is not served. */
export function layoutOf(catalog: Catalog, entity: EntityModel): Layout | undefined {
  const stored = catalog.tables[entity.name];
  if (!stored || driftIn(catalog, entity).length > 0) return undefined;
  const newest = historyOf(contractsOf(catalog), entity.name).at(-1);
  if (!newest) return undefined;
  const { indexes } = viewOf(newest.contract, contractOf(entity));
  const ids = entity.indexes.map(
    (index, i) => [physicalName(index), stored.indexes[indexes[i]?.physical ?? ""]] as const,
  );
  return { id: stored.id, indexes: new Map(ids.flatMap(([name, id]) => (id === undefined ? [] : [[name, id]]))) };
}

export function stateOf(catalog: Catalog, entity: EntityModel, refused: readonly Drift[] = []): ContractState {
  const drift = [...driftIn(catalog, entity), ...refused].map(({ what }) => what);
  const rows = catalog.contracts[entity.name] ?? [];
  const newest = rows.at(-1);
  return {
    revision: newest?.revision ?? 0,
    storeDigest: newest?.digest ?? "",
    digest: contractDigest(contractOf(entity)),
    indexes: entity.indexes.map(physicalName),
    drift,
  };
}

/** Writes keep the indexes that the entity declares, and no others, so those alone are in its contract. */
export function nextContract({ next }: Plan, entity: EntityModel, drops: readonly number[] = []): Contract {
  return {
    ...next,
    fields: next.fields.filter(({ number }) => !drops.includes(number)),
    indexes: next.indexes.slice(0, entity.indexes.length),
  };
}

function contractsOf({ contracts }: Catalog): Contracts {
  return new Map(Object.entries(contracts));
}
