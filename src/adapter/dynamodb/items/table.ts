/** One entity's table: its attributes, and the keys of rows and indexes as bytes that sort as the values do. Compiled once. */

import type { EntityModel, IndexModel } from "../../../model/entity.ts";
import type { Field } from "../../../model/field.ts";
import type { Key } from "../../../model/key.ts";
import type { EntityRecord, MutableRecord, Value } from "../../../model/value.ts";
import { absentValue } from "../../../model/zero.ts";
import { Fault } from "../../../model/fault.ts";
import type { FieldSet } from "../../adapter.ts";
import type { Access } from "../../plan.ts";
import { projectedOrdinals } from "../../reading/projection.ts";
import { attributeBytes, attributeCodec, type AttributeCodec } from "./attribute.ts";
import type { AttributeValue, Item } from "../driver.ts";
import { ownPaths, sharedPaths, storedEntity, type Layout } from "./layout.ts";
import { OURS } from "./names.ts";
import { keyAttribute, type Path } from "./path.ts";

/** Seconds since 1970, by which the database sweeps. */
export const SWEPT_AT: string = `${OURS}ttl`;

/** The database's own limits, in bytes. */
const MOST_PARTITION = 2_048;
const MOST_SORT = 1_024;
export const MOST_ITEM: number = 409_600;

export interface Attribute extends AttributeCodec {
  readonly field: Field;
  readonly name: string;
  /** What no attribute reads as. */
  readonly absent: Value | undefined;
  readonly inKey: boolean;
}

export interface Table {
  readonly entity: EntityModel;
  readonly name: string;
  /** By ordinal. */
  readonly attributes: readonly Attribute[];
  readonly key: Path;
  readonly indexes: readonly Path[];
  readonly unique: readonly IndexModel[];
  /** The entity with the fields of its keys in the order in which its rows lie. */
  readonly stored: EntityModel;
  /** What tells its items from those of other entities; undefined where it has the table to itself. */
  readonly type?: { readonly name: string; readonly value: string };
}

export function tableOf(entity: EntityModel, layout: Layout): Table {
  const { prefix, single, indexes } = layout;
  const attributes = entity.fields.map((field) => ({
    ...attributeCodec(field.type),
    field,
    name: field.column,
    absent: absentValue(field),
    inKey: entity.key.some(({ ordinal }) => ordinal === field.ordinal),
  }));
  const unique = entity.indexes.filter((index) => index.unique);
  if (single) {
    const stored = storedEntity(entity);
    const paths = sharedPaths(entity, stored, single, indexes);
    const type = { name: single.type, value: entity.name };
    return { entity, name: `${prefix}${single.table}`, attributes, ...paths, unique, stored, type };
  }
  return { entity, name: `${prefix}${entity.table}`, attributes, ...ownPaths(entity, indexes), unique, stored: entity };
}

export function pathFor(table: Table, access: Access): Path {
  if (access.kind !== "index") return table.key;
  const path = table.indexes.find(({ index }) => index === access.index);
  if (!path) throw new TypeError("a plan on an index that the table does not have");
  return path;
}

/** The primary key of a row. */
export function keyItem({ entity, key: path }: Table, key: Key): Item {
  const record: MutableRecord = [];
  for (const [i, part] of entity.key.entries()) record[part.ordinal] = key[i];
  return keyItemOf(path, record, entity);
}

/** @throws Fault where a part is longer than the database takes */
export function keyItemOf(path: Path, record: EntityRecord, entity: EntityModel): Item {
  const { partition, sort } = path.keyOf(record);
  if (partition.length > MOST_PARTITION) throw tooLong(entity, path, true);
  const found = { [path.partitionName]: keyAttribute(path, partition) };
  if (path.sortName === undefined || !sort) return found;
  if (sort.length > MOST_SORT) throw tooLong(entity, path, false);
  return { ...found, [path.sortName]: keyAttribute(path, sort) };
}

function tooLong(entity: EntityModel, path: Path, isPartition: boolean): Fault {
  const most = isPartition ? MOST_PARTITION : MOST_SORT;
  const term = path.order.terms[isPartition ? 0 : path.entry] ?? path.order.terms[0];
  const field = term && entity.fields[term.ordinal]?.name;
  const what = path.index ? `the index ${path.index.name}` : "the key";
  const part = isPartition ? "first part" : "other parts together";
  return new Fault("VALUE_TOO_LONG", `${what} has at most ${most} bytes for its ${part} in this store; shorten them`, {
    entity: entity.name,
    ...(field !== undefined && { field }),
  });
}

/** All attributes of a row that are ours. @throws Fault where it is larger than the database takes */
export function itemOf(table: Table, record: EntityRecord): Item {
  const { entity } = table;
  const item: { [name: string]: AttributeValue } = { ...keyItemOf(table.key, record, entity) };
  if (table.type) item[table.type.name] = { S: table.type.value };
  for (const { name, field, encode } of table.attributes) {
    const value = record[field.ordinal];
    const stored = value === undefined ? undefined : encode(value);
    if (stored) item[name] = stored;
  }
  for (const path of table.indexes) if (isIndexed(path, record)) Object.assign(item, keyItemOf(path, record, entity));
  const at = sweptAt(entity, record);
  if (at) item[SWEPT_AT] = at;
  const bytes = itemBytes(item);
  if (bytes > MOST_ITEM)
    throw new Fault(
      "ROW_TOO_LARGE",
      `the row takes ${bytes} bytes, and this store holds ${MOST_ITEM} of one; make it smaller`,
      {
        entity: entity.name,
      },
    );
  return item;
}

export function itemBytes(item: Item): number {
  return Object.entries(item).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + attributeBytes(value), 0);
}

/** A row that lacks a field of an index is not in it. */
function isIndexed({ index }: Path, record: EntityRecord): boolean {
  return index?.parts.every(({ ordinal }) => record[ordinal] !== undefined) === true;
}

/** Whether an item of the table is one of the entity's rows. */
export function isOwn({ type }: Table, item: Item): boolean {
  return type === undefined || item[type.name]?.S === type.value;
}

/** Seconds that the database keeps a row beyond its time: a clock of ours may be behind, and reads decide by ours. */
const GRACE = 86_400n;

function sweptAt({ managed: { expiresAt } }: EntityModel, record: EntityRecord): AttributeValue | undefined {
  const at = expiresAt === undefined ? undefined : record[expiresAt];
  return typeof at === "bigint" ? { N: String(at / 1_000_000_000n + GRACE) } : undefined;
}

/** Names that the database knows for every attribute that is ours, beside the key. */
export function ownNames(table: Table): readonly string[] {
  const derived = table.indexes.flatMap(({ partitionName, sortName }) =>
    sortName === undefined ? [partitionName] : [partitionName, sortName],
  );
  return [...table.attributes.map(({ name }) => name), ...derived, SWEPT_AT];
}

/** @throws DocumentError where an attribute is of another type; Fault where the item is no row of the entity */
export function recordOf(table: Table, item: Item, fields?: FieldSet): EntityRecord {
  if (!isOwn(table, item))
    throw new Fault("STORE_CORRUPT", "the item under this key is no row of the entity; another program wrote it", {
      entity: table.entity.name,
    });
  const record: MutableRecord = table.attributes.map(() => undefined);
  const ordinals = fields ? projectedOrdinals(table.entity, fields) : record.keys();
  for (const ordinal of ordinals) {
    const attribute = table.attributes[ordinal];
    const stored = attribute && item[attribute.name];
    record[ordinal] = stored ? attribute.decode(stored) : attribute?.absent;
  }
  return record;
}

/** What can be read of an item that is damaged; the rest is absent. */
export function readableOf({ attributes }: Table, item: Item): EntityRecord {
  return attributes.map(({ name, absent, decode }) => {
    const stored = item[name];
    if (!stored) return absent;
    try {
      return decode(stored);
    } catch {
      return undefined;
    }
  });
}

/** A row that is there, with everything it was when it was read. */
export interface MetRow {
  readonly record: EntityRecord;
  readonly item: Item;
}

export function metRow(table: Table, item: Item | undefined): MetRow | undefined {
  return item && { record: recordOf(table, item), item };
}
