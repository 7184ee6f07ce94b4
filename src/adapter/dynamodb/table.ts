/** One entity's table: its attributes, and the keys of rows and indexes as bytes that sort as the values do. Compiled once. */

import type { EntityModel, IndexModel } from "../../model/entity.ts";
import type { Field } from "../../model/field.ts";
import type { Key } from "../../model/key.ts";
import type { EntityRecord, MutableRecord, Value } from "../../model/value.ts";
import { absentValue } from "../../model/zero.ts";
import { Fault } from "../../model/fault.ts";
import { indexPath, keyPath, type AccessPath } from "../access-path.ts";
import type { FieldSet } from "../adapter.ts";
import { keyBytes, type ByteOrder } from "../ordered/interval.ts";
import type { Access } from "../plan.ts";
import { projectedOrdinals } from "../projection.ts";
import { attributeBytes, attributeCodec, type AttributeCodec } from "./attribute.ts";
import type { AttributeValue, Item } from "./driver.ts";

/** What names of our own begin with; no field of an entity may. */
export const OURS = "pannier_";

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

/** A key of rows, of the table or of an index. */
export interface Path {
  /** Undefined for the table's own. */
  readonly index?: IndexModel;
  /** Of the index in the database. */
  readonly name?: string;
  readonly order: ByteOrder;
  /** The leading fields, which choose the partition. */
  readonly partition: ByteOrder;
  readonly partitionName: string;
  /** Undefined where the partition's fields are all. */
  readonly sortName?: string;
  readonly sort: ByteOrder;
}

export interface Table {
  readonly entity: EntityModel;
  readonly name: string;
  /** By ordinal. */
  readonly attributes: readonly Attribute[];
  readonly key: Path;
  readonly indexes: readonly Path[];
  readonly unique: readonly IndexModel[];
}

export function tableOf(entity: EntityModel, prefix: string): Table {
  const attributes = entity.fields.map((field) => ({
    ...attributeCodec(field.type),
    field,
    name: field.column,
    absent: absentValue(field),
    inKey: entity.key.some(({ ordinal }) => ordinal === field.ordinal),
  }));
  return {
    entity,
    name: `${prefix}${entity.table}`,
    attributes,
    key: pathOf(entity, keyPath(entity), `${OURS}pk`, `${OURS}sk`),
    indexes: entity.indexes.map((index) => {
      const name = indexName(index);
      return { ...pathOf(entity, indexPath(entity, index), `${OURS}${name}_pk`, `${OURS}${name}_sk`), index, name };
    }),
    unique: entity.indexes.filter(({ unique }) => unique),
  };
}

/** Names of indexes have three characters at least. */
function indexName({ physical, name }: IndexModel): string {
  return (physical ?? name).padEnd(3, "_");
}

function pathOf(entity: EntityModel, { terms, entry }: AccessPath, partitionName: string, sortName: string): Path {
  const order = (some: typeof terms): ByteOrder => ({ entity, prefix: Buffer.alloc(0), terms: some });
  return {
    order: order(terms),
    partition: order(terms.slice(0, entry)),
    sort: order(terms.slice(entry)),
    partitionName,
    ...(terms.length > entry && { sortName }),
  };
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
  const partition = keyBytes(path.partition, record);
  if (partition.length > MOST_PARTITION) throw tooLong(entity, path, true);
  if (path.sortName === undefined) return { [path.partitionName]: { B: partition } };
  const sort = keyBytes(path.sort, record);
  if (sort.length > MOST_SORT) throw tooLong(entity, path, false);
  return { [path.partitionName]: { B: partition }, [path.sortName]: { B: sort } };
}

function tooLong(entity: EntityModel, path: Path, isPartition: boolean): Fault {
  const most = isPartition ? MOST_PARTITION : MOST_SORT;
  const term = (isPartition ? path.partition : path.sort).terms[0];
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

/** @throws DocumentError where an attribute is of another type */
export function recordOf(table: Table, item: Item, fields?: FieldSet): EntityRecord {
  const record: MutableRecord = table.attributes.map(() => undefined);
  const ordinals = fields ? projectedOrdinals(table.entity, fields) : record.keys();
  for (const ordinal of ordinals) {
    const attribute = table.attributes[ordinal];
    const stored = attribute && item[attribute.name];
    record[ordinal] = stored ? attribute.decode(stored) : attribute?.absent;
  }
  return record;
}

/** A row that is there, with everything it was when it was read. */
export interface MetRow {
  readonly record: EntityRecord;
  readonly item: Item;
}

export function metRow(table: Table, item: Item | undefined): MetRow | undefined {
  return item && { record: recordOf(table, item), item };
}
