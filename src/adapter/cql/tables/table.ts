/** One entity's table: columns, key, indexes, and the text that makes them. Compiled once per entity and layout. */

import { createHash } from "node:crypto";
import type { EntityModel, IndexModel, OrderTerm } from "../../../model/entity.ts";
import type { Field } from "../../../model/field.ts";
import type { Value } from "../../../model/value.ts";
import { absentValue } from "../../../model/zero.ts";
import { quote } from "../../sql/quote.ts";
import type { CqlDialect } from "../dialect.ts";
import { storageOf, type Storage } from "./storage.ts";

/** Says that a row is there, also where all its fields are absent: null in no row that is written here. */
export const MARKER = "pannier_row";

/** Of a partition: what was committed with a request_id, by that. Only where the key has clustering fields: it outlives rows. */
export const REQUESTS = "pannier_requests";

export const REQUESTS_TYPE = "map<text, text>";

/**
 * Of tables with unique indexes: changed by whoever takes a value from a row, so that a write that is under way there fails. A row may
 * be nothing but this.
 */
export const FENCE = "pannier_fence";

export type ColumnPart = "partition" | "clustering" | "regular";

export interface CqlColumn extends Storage {
  readonly field: Field;
  /** As in the database, unquoted. */
  readonly name: string;
  /** Quoted. */
  readonly sql: string;
  readonly part: ColumnPart;
  /** What null reads as. */
  readonly absent: Value | undefined;
}

export interface CqlTable {
  readonly entity: EntityModel;
  readonly keyspace: string;
  /** As in the database, unquoted. */
  readonly name: string;
  /** With the keyspace, quoted. */
  readonly sql: string;
  /** By ordinal. */
  readonly columns: readonly CqlColumn[];
  /** In the order of the entity's key. */
  readonly key: readonly CqlColumn[];
  readonly partition: readonly CqlColumn[];
  readonly clustering: readonly CqlColumn[];
  /** Not of the key, in the order of the fields. */
  readonly regular: readonly CqlColumn[];
  readonly indexes: readonly ColumnIndex[];
  /** Indexes whose values are one row's alone; none where the store does not keep them. */
  readonly uniques: readonly IndexModel[];
  /** Finds one row, with a place for each key column in the order of the key. */
  readonly whereKey: string;
  /** Finds a partition, with a place for each of its columns in the order of the key. */
  readonly wherePartition: string;
}

/** An index of the database, which is of one column. */
export interface ColumnIndex {
  /** Unquoted. */
  readonly name: string;
  readonly column: CqlColumn;
}

/** Names in the database where they differ from the entity's. */
export interface Names {
  readonly table: string;
  /** By ordinal. */
  readonly columns: readonly string[];
}

export function namesOf(entity: EntityModel): Names {
  return { table: entity.table, columns: entity.fields.map(({ column }) => column) };
}

export function tableOf(
  entity: EntityModel,
  keyspace: string,
  dialect: CqlDialect,
  names: Names = namesOf(entity),
): CqlTable {
  const columns = entity.fields.map((field) => columnOf(entity, field, names.columns[field.ordinal] ?? field.column));
  const key = entity.key.map((part) => columnAt(columns, part.ordinal));
  return {
    entity,
    keyspace,
    name: names.table,
    sql: `${quote(keyspace)}.${quote(names.table)}`,
    columns,
    key,
    partition: key.filter(({ part }) => part === "partition"),
    clustering: key.filter(({ part }) => part === "clustering"),
    regular: columns.filter(({ part }) => part === "regular"),
    indexes: indexesOf(entity, names.table, columns, dialect),
    uniques: dialect.keepsUnique === true ? entity.indexes.filter(({ unique }) => unique) : [],
    whereKey: whereEach(key),
    wherePartition: whereEach(key.filter(({ part }) => part === "partition")),
  };
}

function whereEach(columns: readonly CqlColumn[]): string {
  return columns.map(({ sql }) => `${sql} = ?`).join(" AND ");
}

export function columnAt(columns: readonly CqlColumn[], ordinal: number): CqlColumn {
  const column = columns[ordinal];
  if (!column) throw new TypeError(`no column for ordinal ${ordinal}`);
  return column;
}

function columnOf(entity: EntityModel, field: Field, name: string): CqlColumn {
  const keyPart = entity.key.find(({ ordinal }) => ordinal === field.ordinal);
  const part: ColumnPart = keyPart === undefined ? "regular" : keyPart.partition ? "partition" : "clustering";
  return { ...storageOf(field.type), field, name, sql: quote(name), part, absent: absentValue(field) };
}

/** One for each column that an index of the entity needs one for. */
function indexesOf(
  entity: EntityModel,
  table: string,
  columns: readonly CqlColumn[],
  dialect: CqlDialect,
): readonly ColumnIndex[] {
  const needed = new Set<CqlColumn>();
  for (const index of entity.indexes) {
    if (!isCarried(entity, index, dialect)) continue;
    for (const { ordinal } of dialect.indexed(index.parts, foundIn(entity))) {
      const column = columnAt(columns, ordinal);
      if (!isWholePartition(entity, ordinal)) needed.add(column);
    }
  }
  return [...needed].map((column) => ({ name: indexName(table, column.name), column }));
}

/** Whether queries can go through the index: the database must have a way into each of its fields. */
export function isCarried(entity: EntityModel, index: IndexModel, dialect: CqlDialect): boolean {
  return dialect
    .indexed(index.parts, foundIn(entity))
    .every(({ ordinal }) => isWholePartition(entity, ordinal) || dialect.canIndex(typeAt(entity, ordinal)));
}

function foundIn(entity: EntityModel): (term: OrderTerm) => boolean {
  return ({ ordinal }) => isWholePartition(entity, ordinal);
}

/** A field that is all of the partition key is found by itself. */
export function isWholePartition({ key }: EntityModel, ordinal: number): boolean {
  const partition = key.filter((part) => part.partition);
  return partition.length === 1 && partition[0]?.ordinal === ordinal;
}

function typeAt(entity: EntityModel, ordinal: number): Field["type"] {
  const field = entity.fields[ordinal];
  if (!field) throw new TypeError(`${entity.name} has no field with ordinal ${ordinal}`);
  return field.type;
}

/** Longest name of an index; the database makes names of files of it. */
const LONGEST_INDEX = 100;

/** Names of indexes are one list for a keyspace. */
function indexName(table: string, column: string): string {
  const name = `${table}__${column}`.replaceAll(/\W/gu, "_");
  const isExact = name === `${table}__${column}`;
  if (isExact && name.length <= LONGEST_INDEX) return name;
  const digest = createHash("sha256").update(`${table} ${column}`).digest("hex").slice(0, 12);
  return `${name.slice(0, LONGEST_INDEX - 14)}__${digest}`;
}

export function createTableText(table: CqlTable): string {
  const columns = [...table.columns.map(({ sql, declared }) => `${sql} ${declared}`), `${quote(MARKER)} boolean`];
  if (table.clustering.length > 0) columns.push(`${quote(REQUESTS)} ${REQUESTS_TYPE} static`);
  if (table.uniques.length > 0) columns.push(`${quote(FENCE)} text`);
  const partition = table.partition.map(({ sql }) => sql).join(", ");
  const clustering = table.clustering.map(({ sql }) => `, ${sql}`).join("");
  const key = `PRIMARY KEY ((${partition})${clustering})`;
  return `CREATE TABLE IF NOT EXISTS ${table.sql} (${[...columns, key].join(", ")})${clusteringOrder(table)}`;
}

function clusteringOrder(table: CqlTable): string {
  if (table.clustering.length === 0) return "";
  const directions = table.entity.key
    .filter((part) => !part.partition)
    .map(({ ordinal, desc }) => `${columnAt(table.columns, ordinal).sql} ${desc ? "DESC" : "ASC"}`);
  return ` WITH CLUSTERING ORDER BY (${directions.join(", ")})`;
}
