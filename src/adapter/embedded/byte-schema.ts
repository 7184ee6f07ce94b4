/** Brings the catalog in order: contracts, tables, and indexes, which are built from the rows. */

import { contractText } from "../../migration/contract-text.ts";
import type { Contract } from "../../migration/contract.ts";
import { driftOf, type Drift } from "../../migration/drift.ts";
import { modelOf } from "../../migration/model.ts";
import type { Plan } from "../../migration/plan.ts";
import type { EntityModel } from "../../model/entity.ts";
import type { ByteStore, Change } from "../ordered/byte-store.ts";
import { createTable, prefixOf, type Layout, type Table } from "../ordered/byte-table.ts";
import { intervalOf } from "../ordered/interval.ts";
import { BYTE_ABILITIES } from "./byte-abilities.ts";
import { writeCatalog, type Catalog, type StoredTable } from "./byte-catalog.ts";
import { nextContract, surveyed } from "./byte-contracts.ts";

export interface Place {
  readonly engine: ByteStore;
  readonly path: string;
}

export interface Applied {
  readonly catalog: Catalog;
  readonly done: readonly string[];
  /** Why an entity could not be brought in order, though its plan says that a start may. */
  readonly refused: ReadonlyMap<EntityModel, readonly Drift[]>;
}

/** Does for each entity what a start may do: all of its plan or nothing. What a crash cuts short is done again by the next. */
export async function applySchema(place: Place, start: Catalog, entities: readonly EntityModel[]): Promise<Applied> {
  let catalog = start;
  const done: string[] = [];
  const refused = new Map<EntityModel, readonly Drift[]>();
  for (const entity of entities) {
    const plan = await planAtStart(place.engine, catalog, entity);
    if (!plan) continue;
    const outcome = await carryOut(place, catalog, plan, nextContract(plan, entity));
    if ("drift" in outcome) refused.set(entity, outcome.drift);
    else {
      if (outcome.catalog !== catalog) done.push(`${entity.table}: revision ${plan.revision + 1}`);
      ({ catalog } = outcome);
    }
  }
  return { catalog, done, refused };
}

/** Undefined where something of it must wait. Rows are counted only where their number decides. */
async function planAtStart(engine: ByteStore, catalog: Catalog, entity: EntityModel): Promise<Plan | undefined> {
  let found = surveyed(catalog, entity, undefined);
  if (!("plan" in found)) return undefined;
  if (driftOf(found.plan, true).length > 0) found = surveyed(catalog, entity, await rowsIn(engine, catalog, entity));
  return "plan" in found && driftOf(found.plan, true).length === 0 ? found.plan : undefined;
}

/** Up to one more than what counts as few. */
async function rowsIn(engine: ByteStore, catalog: Catalog, entity: EntityModel): Promise<number> {
  const table = catalog.tables[entity.name];
  return table ? countUpTo(engine, table, BYTE_ABILITIES.instantRows + 1) : 0;
}

export async function countUpTo(engine: ByteStore, table: StoredTable, most: number): Promise<number> {
  const snapshot = engine.snapshot();
  const rows = snapshot.entries(intervalOf(prefixOf("row", table.id)), false);
  let count = 0;
  try {
    for (let step = await rows.next(1_000); step.length > 0 && count < most; step = await rows.next(1_000))
      count += step.length;
    return Math.min(count, most);
  } finally {
    await rows.close();
    await snapshot.close();
  }
}

/** Everything of a plan that writes no row anew; the same catalog where there is nothing to do. */
export async function carryOut(
  { engine, path }: Place,
  catalog: Catalog,
  plan: Plan,
  contract: Contract,
): Promise<{ readonly catalog: Catalog } | { readonly drift: readonly Drift[] }> {
  const before = catalog.tables[plan.entity];
  let { next } = catalog;
  const id = before?.id ?? next++;
  const indexes: { [physical: string]: number } = {};
  for (const { physical } of contract.indexes) {
    const known = before?.indexes[physical];
    const index = known ?? next++;
    indexes[physical] = index;
    const layout = { id, indexes: new Map([[physical, index]]) };
    if (known === undefined && before && !(await build(engine, contract, physical, layout)))
      return { drift: [{ what: `${physical}: ${EQUAL}`, additive: false }] };
  }
  const table = { id, indexes };
  const dropped = Object.entries(before?.indexes ?? {}).flatMap(([name, index]) => (name in indexes ? [] : [index]));
  const isSame = before && dropped.length === 0 && next === catalog.next;
  if (isSame && newestText(catalog, plan.entity) === contractText(contract)) return { catalog };
  const changed = recorded({ ...catalog, next, garbage: [...catalog.garbage, ...dropped] }, plan, contract, table);
  await writeCatalog(path, changed);
  return { catalog: changed };
}

export const EQUAL = "a unique index cannot be built: several rows have equal values";

function newestText({ contracts }: Catalog, entity: string): string | undefined {
  return contracts[entity]?.at(-1)?.text;
}

/** With the contract as the entity's newest, and its rows in the table. An older process speaks for the newer one, not for itself. */
export function recorded(catalog: Catalog, plan: Plan, contract: Contract, table: StoredTable): Catalog {
  const { entity, revision, isEarlier, from, to } = plan;
  const row = {
    revision: revision + 1,
    digest: isEarlier ? from : to,
    at: new Date().toISOString(),
    text: contractText(contract),
  };
  const { [entity]: _, ...conversions } = catalog.conversions;
  return {
    ...catalog,
    conversions,
    tables: { ...catalog.tables, [entity]: table },
    contracts: { ...catalog.contracts, [entity]: [...(catalog.contracts[entity] ?? []), row] },
  };
}

/** Removes what nobody reads any more. */
export async function clearGarbage({ engine, path }: Place, catalog: Catalog): Promise<Catalog> {
  if (catalog.garbage.length === 0) return catalog;
  for (const id of catalog.garbage) await clear(engine, id);
  const cleared = { ...catalog, garbage: [] };
  await writeCatalog(path, cleared);
  return cleared;
}

export async function clear(engine: ByteStore, id: number): Promise<void> {
  for (const tag of ["row", "index", "unique", "expiry"] as const) await engine.clear(intervalOf(prefixOf(tag, id)));
}

/** A table under a contract, for rows that no caller meets. */
export function tableUnder(contract: Contract, layout: Layout): Table {
  return createTable(modelOf(contract), layout);
}

/** Rows of one step of a build. */
const ROWS_IN_STEP = 500;

/** Entries of one index for all rows; false where two rows have the same unique values. */
async function build(engine: ByteStore, contract: Contract, physical: string, layout: Layout): Promise<boolean> {
  const id = layout.indexes.get(physical);
  if (id !== undefined) await clear(engine, id); // a build that a crash cut short had the same number
  const managed = contract.managed.filter(({ kind }) => kind !== "expiresAt");
  const indexes = contract.indexes.filter((index) => index.physical === physical);
  const table = tableUnder({ ...contract, indexes, managed }, layout);
  const snapshot = engine.snapshot();
  const rows = snapshot.entries(intervalOf(prefixOf("row", layout.id)), false);
  try {
    for (let step = await rows.next(ROWS_IN_STEP); step.length > 0; step = await rows.next(ROWS_IN_STEP)) {
      const entries = createEntries(engine);
      for (const [key, bytes] of step) if (!entries.add(table, table.decode(bytes), key)) return false;
      await engine.commit(entries.changes);
    }
    return true;
  } finally {
    await rows.close();
    await snapshot.close();
  }
}

export interface NewEntries {
  /** Takes a row's entries up; false where another row has its unique values. */
  add(table: Table, row: Parameters<Table["encode"]>[0], rowKey: Buffer): boolean;
  readonly changes: Change[];
}

/** Entries of rows that are put in together, each row once. */
export function createEntries(engine: ByteStore): NewEntries {
  const changes: Change[] = [];
  const taken = new Set<string>();
  return {
    changes,
    add: (table, row, rowKey) => {
      for (const { key, unique } of table.entriesOf(row)) {
        const holder = unique && engine.get(key);
        const text = key.toString("latin1");
        if (unique && (taken.has(text) || (holder && !holder.equals(rowKey)))) return false;
        if (unique) taken.add(text);
        changes.push({ key, value: rowKey });
      }
      return true;
    },
  };
}
