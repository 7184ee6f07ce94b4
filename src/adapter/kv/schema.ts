/** Tables and indexes: what differs from the entities, and how it is brought in order. Indexes are built from the rows. */

import type { EntityModel, IndexModel, OrderTerm } from "../../model/entity.ts";
import type { FieldType } from "../../model/field.ts";
import type { SchemaDifference } from "../adapter.ts";
import { intervalOf } from "../ordered/interval.ts";
import { indexPath, keyPath } from "../access-path.ts";
import { writeCatalog, type Catalog, type StoredTable } from "./catalog.ts";
import type { ByteStore, Change } from "../ordered/byte-store.ts";
import { createTable, physicalName, prefixOf, type Layout } from "../ordered/byte-table.ts";

/** What does not fit; empty when the table can be used as it is. */
export function differencesOf(catalog: Catalog, entity: EntityModel): readonly SchemaDifference[] {
  const difference = (what: string, additive: boolean): SchemaDifference => ({
    entity: entity.name,
    table: entity.table,
    what,
    additive,
  });
  const stored = catalog.tables[entity.table];
  if (!stored) {
    const earlier = earlierName(catalog, entity);
    return [difference(earlier === undefined ? "the table is missing" : `the table is still named ${earlier}`, true)];
  }
  const key = describeTerms(entity, keyPath(entity).terms);
  if (stored.key !== key) return [difference(`the key is (${stored.key}), not (${key})`, false)];
  const fields = entity.fields.flatMap(({ name, number, type }) => {
    const found = stored.fields[number];
    if (found === undefined) return [difference(`the field ${name} is missing`, true)];
    return found === kindOf(type) ? [] : [difference(`the field ${name} is ${found}, not ${kindOf(type)}`, false)];
  });
  const indexes = entity.indexes.flatMap((index) => {
    const found = stored.indexes[physicalName(index)];
    if (!found) return [difference(`the index ${physicalName(index)} is missing`, true)];
    const on = describeIndex(entity, index);
    return found.on === on
      ? []
      : [difference(`the index ${physicalName(index)} is on (${found.on}), not (${on})`, true)];
  });
  return [...fields, ...indexes];
}

/** Undefined while the table does not fit. */
export function layoutOf(catalog: Catalog, entity: EntityModel): Layout | undefined {
  const stored = catalog.tables[entity.table];
  if (!stored || differencesOf(catalog, entity).length > 0) return undefined;
  return { id: stored.id, indexes: new Map(Object.entries(stored.indexes).map(([name, { id }]) => [name, id])) };
}

/** The catalog without the indexes that writes no longer keep; whoever declares one again has it built anew. */
export function withoutStale(catalog: Catalog, entities: readonly EntityModel[]): Catalog {
  const tables = { ...catalog.tables };
  for (const entity of entities) {
    const stored = tables[entity.table];
    if (!stored) continue;
    const declared = new Set(entity.indexes.map(physicalName));
    const indexes = Object.fromEntries(Object.entries(stored.indexes).filter(([name]) => declared.has(name)));
    tables[entity.table] = { ...stored, indexes };
  }
  return { ...catalog, tables };
}

export interface Applied {
  readonly catalog: Catalog;
  readonly done: readonly string[];
}

/** Creates what is missing, table by table. What is in the catalog is finished: a crash leaves the rest to the next time. */
export async function applySchema(
  engine: ByteStore,
  path: string,
  start: Catalog,
  entities: readonly EntityModel[],
): Promise<Applied> {
  let catalog = start;
  const done: string[] = [];
  const save = async (name: string, table: StoredTable, what: string, next: number = catalog.next): Promise<void> => {
    catalog = { ...catalog, next, tables: { ...catalog.tables, [name]: table } };
    await writeCatalog(path, catalog);
    done.push(`${name}: ${what}`);
  };
  for (const entity of entities) {
    const earlier = catalog.tables[entity.table] ? undefined : earlierName(catalog, entity);
    if (earlier !== undefined) {
      const { [earlier]: stored, ...others } = catalog.tables;
      catalog = { ...catalog, tables: others };
      if (stored) await save(entity.table, stored, `the table was named ${earlier}`);
    }
    const differences = differencesOf(catalog, entity);
    if (differences.length === 0 || differences.some(({ additive }) => !additive)) continue;
    const isNew = !catalog.tables[entity.table];
    const table = catalog.tables[entity.table] ?? emptyTable(entity, catalog.next);
    const fields = Object.fromEntries(entity.fields.map(({ number, type }) => [number, kindOf(type)]));
    const what = isNew ? "the table is missing" : "fields are missing";
    await save(entity.table, { ...table, fields: { ...table.fields, ...fields } }, what, catalog.next + Number(isNew));
    for (const index of entity.indexes) {
      const name = physicalName(index);
      const stored = catalog.tables[entity.table] ?? table;
      const on = describeIndex(entity, index);
      if (stored.indexes[name]?.on === on) continue;
      const id = catalog.next;
      if (!(await build(engine, entity, index, { id: stored.id, indexes: new Map([[name, id]]) }))) continue;
      const indexes = { ...stored.indexes, [name]: { id, on } };
      await save(entity.table, { ...stored, indexes }, `the index ${name} is missing`, id + 1);
    }
  }
  return { catalog, done };
}

function emptyTable(entity: EntityModel, id: number): StoredTable {
  return { id, key: describeTerms(entity, keyPath(entity).terms), fields: {}, indexes: {} };
}

/** Rows of one step of a build. */
const ROWS_IN_STEP = 500;

/** Entries of one index for all rows; false where two rows have the same unique values. */
async function build(engine: ByteStore, entity: EntityModel, index: IndexModel, layout: Layout): Promise<boolean> {
  const id = layout.indexes.get(physicalName(index)) ?? 0;
  // A build that a crash cut short had the same number.
  for (const tag of ["index", "unique"] as const) await engine.clear(intervalOf(prefixOf(tag, id)));
  const { expiresAt: _, ...managed } = entity.managed;
  const table = createTable({ ...entity, indexes: [index], managed }, layout);
  const snapshot = engine.snapshot();
  const rows = snapshot.entries(intervalOf(prefixOf("row", layout.id)), false);
  try {
    for (let step = await rows.next(ROWS_IN_STEP); step.length > 0; step = await rows.next(ROWS_IN_STEP)) {
      const changes: Change[] = [];
      const taken = new Set<string>();
      for (const [value, bytes] of step) {
        for (const { key, unique } of table.entriesOf(table.decode(bytes))) {
          const text = key.toString("latin1");
          if (unique && (taken.has(text) || engine.get(key))) return false;
          if (unique) taken.add(text);
          changes.push({ key, value });
        }
      }
      await engine.commit(changes);
    }
    return true;
  } finally {
    await rows.close();
    await snapshot.close();
  }
}

function earlierName(catalog: Catalog, entity: EntityModel): string | undefined {
  return entity.renamedFrom.toReversed().find((name) => catalog.tables[name] !== undefined);
}

function describeIndex(entity: EntityModel, index: IndexModel): string {
  return `${index.unique ? "unique " : ""}${describeTerms(entity, indexPath(entity, index).terms)}`;
}

function describeTerms(entity: EntityModel, terms: readonly OrderTerm[]): string {
  return terms
    .map(({ ordinal, desc }) => {
      const field = entity.fields[ordinal];
      return field ? `${field.number} ${kindOf(field.type)}${desc ? " desc" : ""}` : "";
    })
    .join(", ");
}

function kindOf(type: FieldType): string {
  if (type.kind === "decimal") return `decimal of scale ${type.scale}`;
  if (type.kind === "list") return `list of ${kindOf(type.element)}`;
  return type.kind === "map" ? `map of ${type.key.kind} to ${kindOf(type.value)}` : type.kind;
}
