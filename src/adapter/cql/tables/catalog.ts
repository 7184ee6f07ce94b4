/** A keyspace as the database describes it, and what of an entity's table it lacks or has otherwise. */

import { createHash } from "node:crypto";
import type { EntityModel } from "../../../model/entity.ts";
import { quote } from "../../sql/quote.ts";
import type { Replication } from "../cluster/consistency.ts";
import type { CqlDialect } from "../dialect.ts";
import type { Ask, CqlRow } from "../cluster/driver.ts";
import {
  createTableText,
  FENCE,
  MARKER,
  namesOf,
  REQUESTS,
  REQUESTS_TYPE,
  tableOf,
  type ColumnIndex,
  type CqlTable,
  type Names,
} from "./table.ts";

export interface StoredTable {
  readonly columns: ReadonlyMap<string, StoredColumn>;
  /** Columns that have an index, each with the index's name. */
  readonly indexed: ReadonlyMap<string, string>;
}

export interface StoredColumn {
  readonly type: string;
  readonly part: string;
  /** Within the partition or the clustering fields, from 0. */
  readonly position: number;
  readonly desc: boolean;
}

/** By name; undefined where there is no such keyspace. */
export async function describe(ask: Ask, keyspace: string): Promise<ReadonlyMap<string, StoredTable> | undefined> {
  const where = "WHERE keyspace_name = ?";
  const [found] = await ask(`SELECT keyspace_name FROM system_schema.keyspaces ${where}`, [keyspace]);
  if (!found) return undefined;
  const [tables, columns, indexes] = await Promise.all([
    ask(`SELECT table_name FROM system_schema.tables ${where}`, [keyspace]),
    ask(`SELECT table_name, column_name, type, kind, position, clustering_order FROM system_schema.columns ${where}`, [
      keyspace,
    ]),
    ask(`SELECT table_name, index_name, options FROM system_schema.indexes ${where}`, [keyspace]),
  ]);
  const of = (name: string, rows: readonly CqlRow[]): readonly CqlRow[] =>
    rows.filter((row) => textIn(row, "table_name") === name);
  return new Map(
    tables.map((table) => {
      const name = textIn(table, "table_name");
      const stored: StoredTable = {
        columns: new Map(of(name, columns).map((row) => [textIn(row, "column_name"), columnIn(row)])),
        indexed: new Map(of(name, indexes).map((row) => [targetOf(row), textIn(row, "index_name")])),
      };
      return [name, stored];
    }),
  );
}

/** Undefined where there is no such keyspace. */
export async function replicationOf(ask: Ask, keyspace: string): Promise<Replication | undefined> {
  const text = "SELECT replication FROM system_schema.keyspaces WHERE keyspace_name = ?";
  const options = (await ask(text, [keyspace]))[0]?.["replication"];
  if (!(options instanceof Map)) return undefined;
  // A number for the keyspace, or one for each data centre; transient replicas stand behind a slash.
  const numbers = [...options].flatMap(([name, value]) => (name === "class" ? [] : Number.parseInt(String(value), 10)));
  return {
    replicas: numbers.reduce((sum, number) => sum + number, 0),
    isByCentre: String(options.get("class")).endsWith("NetworkTopologyStrategy"),
  };
}

function textIn(row: CqlRow, column: string): string {
  const value = row[column];
  return typeof value === "string" ? value : "";
}

function columnIn(row: CqlRow): StoredColumn {
  return {
    type: textIn(row, "type"),
    part: textIn(row, "kind").replace("partition_key", "partition"),
    position: Number(row["position"]),
    desc: row["clustering_order"] === "desc",
  };
}

/** The column of an index, which the database quotes where it must. */
function targetOf({ options }: CqlRow): string {
  const target: unknown = options instanceof Map ? options.get("target") : undefined;
  const text = typeof target === "string" ? target : "";
  return /^"(.*)"$/u.exec(text)?.[1]?.replaceAll('""', '"') ?? text;
}

/** A difference, and the text that mends it where one does. */
export interface Finding {
  readonly what: string;
  readonly mend: string | undefined;
  /** The index that `mend` makes. */
  readonly index?: ColumnIndex;
  /** The column that `mend` adds: several of a table are one change. */
  readonly column?: string;
  /** Rows that are there would not be what it makes of them. */
  readonly wantsNoRows?: true;
}

/** How an entity's table lies in the database: a table or a column that still has an earlier name keeps it. */
export function namesIn(entity: EntityModel, stored: ReadonlyMap<string, StoredTable>): Names {
  const names = namesOf(entity);
  const table = [entity.table, ...entity.renamedFrom.toReversed()].find((name) => stored.has(name)) ?? names.table;
  const columns = stored.get(table)?.columns;
  return {
    table,
    columns: entity.fields.map(
      (field) => [field.column, ...field.renamedFrom.toReversed()].find((name) => columns?.has(name)) ?? field.column,
    ),
  };
}

/** Indexes are looked at once all columns are there. */
export function findingsOf(table: CqlTable, stored: StoredTable | undefined, dialect: CqlDialect): readonly Finding[] {
  if (!stored) return [{ what: "the table is missing", mend: createTableText(table) }];
  const findings = table.columns.flatMap((column) => columnFinding(table, column.name, stored));
  const marker = stored.columns.get(MARKER);
  if (!marker) findings.push(missing(table, MARKER, "boolean"));
  else if (marker.type !== "boolean") findings.push(otherType(MARKER, marker.type, "boolean"));
  if (table.clustering.length > 0) findings.push(...requestsFinding(table, stored));
  if (table.uniques.length > 0 && stored.columns.get(FENCE)?.type !== "text") findings.push(fenceFinding(table));
  findings.push(...foreignKeyColumns(table, stored));
  if (findings.length > 0) return findings;
  return table.indexes.flatMap((index) => {
    if (stored.indexed.has(index.column.name)) return [];
    return { what: `the index on ${index.column.name} is missing`, mend: indexText(table, index, dialect), index };
  });
}

function requestsFinding(table: CqlTable, { columns }: StoredTable): readonly Finding[] {
  const found = columns.get(REQUESTS);
  if (!found) return [missing(table, REQUESTS, `${REQUESTS_TYPE} static`)];
  const type = found.part === "static" ? found.type : `${found.type}, in every row`;
  return type === REQUESTS_TYPE ? [] : [otherType(REQUESTS, type, `${REQUESTS_TYPE} static`)];
}

function columnFinding(table: CqlTable, name: string, stored: StoredTable): Finding[] {
  const column = table.columns.find((each) => each.name === name);
  const found = stored.columns.get(name);
  if (!column) return [];
  if (!found)
    return column.part === "regular"
      ? [missing(table, name, column.declared)]
      : [{ what: `the key column ${name} is missing; a key cannot be changed`, mend: undefined }];
  if (found.type !== column.declared) return [otherType(name, found.type, column.declared)];
  const group = column.part === "partition" ? table.partition : table.clustering;
  const isPlaced = column.part === "regular" || found.position === group.indexOf(column);
  if (found.part !== column.part || !isPlaced)
    return [{ what: `the column ${name} has another place in the key; a key cannot be changed`, mend: undefined }];
  const desc = table.entity.key.find(({ ordinal }) => ordinal === column.field.ordinal)?.desc === true;
  if (column.part === "clustering" && found.desc !== desc)
    return [{ what: `the key column ${name} is ordered the other way; a key cannot be changed`, mend: undefined }];
  return [];
}

function indexText({ sql }: CqlTable, { name, column }: ColumnIndex, dialect: CqlDialect): string {
  return dialect.createIndex({ name: quote(name), table: sql, column: column.sql });
}

function foreignKeyColumns(table: CqlTable, { columns }: StoredTable): readonly Finding[] {
  return [...columns].flatMap(([name, { part }]) =>
    (part === "partition" || part === "clustering") && !table.columns.some((column) => column.name === name)
      ? [{ what: `the table has ${name} in its key, which the entity has not`, mend: undefined }]
      : [],
  );
}

function missing(table: CqlTable, name: string, declared: string): Finding {
  const column = `${quote(name)} ${declared}`;
  return { what: `the column ${name} is missing`, mend: addText(table, [column]), column };
}

/** Rows that are there already have taken nothing. */
function fenceFinding(table: CqlTable): Finding {
  const what = `the column ${FENCE} is missing, which unique indexes need; it is added to a table without rows alone`;
  return { ...missing(table, FENCE, "text"), what, wantsNoRows: true };
}

export function addText({ sql }: CqlTable, columns: readonly string[]): string {
  return `ALTER TABLE ${sql} ADD (${columns.join(", ")})`;
}

function otherType(name: string, found: string, wanted: string): Finding {
  return { what: `the column ${name} is ${found}, and the entity wants ${wanted}`, mend: undefined };
}

const LONGEST_NAME = 48;

/** Entities that the database cannot carry because of names, each with what to do; of two that want one table the first has it. */
export function unfitEntities(
  entities: readonly EntityModel[],
  keyspace: string,
  dialect: CqlDialect,
): ReadonlyMap<EntityModel, string> {
  const unfit = new Map<EntityModel, string>();
  for (const entity of entities) {
    const table = tableOf(entity, keyspace, dialect);
    if (!/^\w+$/u.test(entity.table) || entity.table.length > LONGEST_NAME)
      unfit.set(
        entity,
        `the table name ${entity.table} is not of 1 to ${LONGEST_NAME} letters, digits and underscores; give it another with \`table\``,
      );
    const own = [MARKER, REQUESTS, FENCE].find((mine) => table.columns.some(({ name }) => name === mine));
    if (own !== undefined) unfit.set(entity, `the column name ${own} is the store's own; give the field another`);
  }
  return unfit;
}

/** Of what an entity's table is, for those who look at it from outside. */
export function digestOf(table: CqlTable): string {
  const text = [createTableText(table), ...table.indexes.map(({ name }) => name)].join("\n");
  return createHash("sha256").update(text).digest("hex");
}
