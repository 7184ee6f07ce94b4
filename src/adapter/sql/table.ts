/** One entity's table: columns, key, indexes, and the SQL that makes them. Compiled once per entity. */

import type { EntityModel, IndexModel } from "../../model/entity.ts";
import type { Field } from "../../model/field.ts";
import { fieldByNumber, type Contract } from "../../migration/contract.ts";
import { indexPath } from "../planner/access-path.ts";
import { columnOf, equalSql } from "./column.ts";
import type { Column } from "./storage.ts";
import type { Dialect, FoundColumn } from "./dialect.ts";
import { expiryNameOf, keyNameOf, MARK, uniqueNameOf } from "./index-name.ts";

export interface Table {
  readonly dialect: Dialect;
  readonly entity: EntityModel;
  readonly name: string;
  /** Quoted. */
  readonly sql: string;
  /** By ordinal. */
  readonly columns: readonly Column[];
  readonly key: readonly Column[];
  readonly indexes: readonly TableIndex[];
  /** A column that is no field's and keeps soft-deleted rows out of unique indexes. */
  readonly mark: { readonly name: string; readonly sql: string; readonly definition: string } | undefined;
  /** `WHERE` text that finds one row by its key. */
  readonly whereKey: string;
}

/** An index as it is in the database. */
export interface TableIndex {
  readonly name: string;
  /** Quoted. */
  readonly sql: string;
  readonly unique: boolean;
  readonly columns: readonly { readonly column: Column; readonly desc: boolean }[];
  /** Quoted column that must be NULL (`absent`) or must not be for a row to be in the index. */
  readonly partial: { readonly column: Column; readonly absent: boolean } | undefined;
  /** What it serves: reads along an index of the model, its uniqueness, both, or the sweep of expired rows. */
  readonly model: IndexModel | undefined;
  readonly ordered: boolean;
}

/** How an entity's rows lie in the file, where that differs from what its names say. */
export interface Layout {
  /** The entity's own fields and indexes, under the names they have in the file. */
  readonly view: Contract;
  /** What the entity was when its rows got their first contract, where documents may be by its names. */
  readonly earlier?: Contract;
  /** The columns by name, where others made them. */
  readonly found?: ReadonlyMap<string, FoundColumn>;
}

export function tableOf(dialect: Dialect, model: EntityModel, layout?: Layout): Table {
  const entity = layout ? placed(model, layout.view) : model;
  const keyOrdinals = new Set(entity.key.map((part) => part.ordinal));
  const indexed = new Set([
    ...keyOrdinals,
    ...entity.indexes.flatMap(({ parts }) => parts.map(({ ordinal }) => ordinal)),
    ...entity.fields.filter(isEnforced).map(({ ordinal }) => ordinal),
  ]);
  const columns = entity.fields.map((field) =>
    columnOf(
      dialect,
      field,
      { isKey: keyOrdinals.has(field.ordinal), isIndexed: indexed.has(field.ordinal) },
      layout?.earlier && fieldByNumber(layout.earlier, field.number)?.type,
      layout?.found?.get(field.column),
    ),
  );
  const key = entity.key.map((part) => columnAt(columns, part.ordinal));
  const { deletedAt } = entity.managed;
  return {
    dialect,
    entity: model,
    name: entity.table,
    sql: dialect.quote(entity.table),
    columns,
    key,
    indexes: indexesOf(dialect, entity, columns),
    mark: deletedAt === undefined ? undefined : markOf(dialect, columnAt(columns, deletedAt)),
    whereKey: key.map((column) => equalSql(dialect, column, null, [])).join(" AND "),
  };
}

/** Whether the database is asked to hold it to another row. */
function isEnforced({ references }: Field): boolean {
  return references !== undefined && references.onDelete !== "none";
}

function markOf(dialect: Dialect, deletedAt: Column): Table["mark"] {
  const definition = dialect.liveMark?.(deletedAt);
  return definition === undefined ? undefined : { name: MARK, sql: dialect.quote(MARK), definition };
}

/** The entity under the names that the file has for it. */
function placed(entity: EntityModel, view: Contract): EntityModel {
  return {
    ...entity,
    table: view.table,
    fields: entity.fields.map((field) => {
      const column = fieldByNumber(view, field.number)?.column ?? field.column;
      return column === field.column ? field : { ...field, column };
    }),
    indexes: entity.indexes.map((index, i) => {
      const { item: _, ...own } = index;
      return { ...own, physical: view.indexes[i]?.physical ?? `${entity.table}__${index.name}` };
    }),
  };
}

export function columnAt(columns: readonly Column[], ordinal: number): Column {
  const column = columns[ordinal];
  if (!column) throw new TypeError(`no column for ordinal ${ordinal}`);
  return column;
}

function indexesOf(dialect: Dialect, entity: EntityModel, columns: readonly Column[]): TableIndex[] {
  const indexes = [
    ...directedKey(dialect, entity, columns),
    ...entity.indexes.flatMap((index) => physicalIndexes(dialect, entity, columns, index)),
  ];
  const { expiresAt } = entity.managed;
  if (expiresAt === undefined) return indexes;
  const column = columnAt(columns, expiresAt);
  const name = expiryNameOf(entity.table);
  return [
    ...indexes,
    {
      name,
      sql: dialect.quote(name),
      unique: false,
      columns: [{ column, desc: false }],
      partial: dialect.partialIndexes ? { column, absent: false } : undefined,
      model: undefined,
      ordered: false,
    },
  ];
}

/** An index in one direction serves the other too, so that only a key in mixed directions needs it. */
function directedKey(dialect: Dialect, entity: EntityModel, columns: readonly Column[]): TableIndex[] {
  if (dialect.directedKeys || entity.key.every(({ desc }) => desc === entity.key[0]?.desc)) return [];
  const name = keyNameOf(entity.table);
  const parts = entity.key.map(({ ordinal, desc }) => ({ column: columnAt(columns, ordinal), desc }));
  return [
    {
      name,
      sql: dialect.quote(name),
      unique: false,
      columns: parts,
      partial: undefined,
      model: undefined,
      ordered: false,
    },
  ];
}

/** An index for reading, and beside it one for uniqueness where one cannot be both. */
function physicalIndexes(
  dialect: Dialect,
  entity: EntityModel,
  columns: readonly Column[],
  index: IndexModel,
): TableIndex[] {
  // With a template it is the name of an index that entities share in a single table, which indexes of tables cannot.
  const name = (index.item ? undefined : index.physical) ?? `${entity.table}__${index.name}`;
  const parts = index.parts.map((part) => ({ column: columnAt(columns, part.ordinal), desc: part.desc }));
  const { deletedAt } = entity.managed;
  if (index.unique && deletedAt === undefined && parts.every((part) => part.column.notNull)) {
    return [
      { name, sql: dialect.quote(name), unique: true, columns: parts, partial: undefined, model: index, ordered: true },
    ];
  }
  const terms = indexPath(entity, index).terms.map((term) => ({
    column: columnAt(columns, term.ordinal),
    desc: term.desc,
  }));
  const ordered = dialect.indexesEndInKey ? withoutKey(entity, terms) : terms;
  const reading: TableIndex = {
    name,
    sql: dialect.quote(name),
    unique: false,
    columns: ordered,
    partial: undefined,
    model: index,
    ordered: true,
  };
  if (!index.unique) return [reading];
  const uniqueName = uniqueNameOf(name);
  const partial = deletedAt === undefined ? undefined : { column: columnAt(columns, deletedAt), absent: true };
  return [
    reading,
    {
      name: uniqueName,
      sql: dialect.quote(uniqueName),
      unique: true,
      columns: parts,
      partial,
      model: index,
      ordered: false,
    },
  ];
}

/** Without the key at its end, where it is there in the same way already. */
function withoutKey(entity: EntityModel, terms: TableIndex["columns"]): TableIndex["columns"] {
  const own = terms.slice(0, Math.max(terms.length - entity.key.length, 1));
  const tail = terms.slice(own.length);
  const isKey = entity.key.every(({ ordinal, desc }, i) => {
    const term = tail[i];
    return term?.column.field.ordinal === ordinal && term.desc === (desc && entity.key.length > 1);
  });
  return isKey ? own : terms;
}

export function createTableSql(table: Table): string {
  const columns = [...table.columns.map(columnSql), ...(table.mark ? [markSql(table.mark)] : [])];
  const key = table.entity.key.map((part, i) => {
    const descending = part.desc && table.entity.key.length > 1 && table.dialect.directedKeys;
    return `${table.key[i]?.sql}${descending ? " DESC" : ""}`;
  });
  const options = table.dialect.tableOptions(table.columns, table.key);
  return `CREATE TABLE ${table.sql} (\n  ${[...columns, `PRIMARY KEY (${key.join(", ")})`].join(",\n  ")}\n)${options === "" ? "" : ` ${options}`}`;
}

/** As in CREATE TABLE and in ADD COLUMN. */
export function columnSql(column: Column): string {
  const notNull = column.notNull ? " NOT NULL" : "";
  const byDefault = column.defaultSql === undefined ? "" : ` DEFAULT ${column.defaultSql}`;
  return `${column.sql} ${column.declared}${notNull}${byDefault}`;
}

export function markSql({ sql, definition }: NonNullable<Table["mark"]>): string {
  return `${sql} ${definition}`;
}

export function createIndexSql(table: Table, index: TableIndex): string {
  const isMarked = index.partial !== undefined && table.mark !== undefined;
  const columns = [
    ...index.columns.map(({ column, desc }) => table.dialect.orderTerm(column, desc)),
    ...(isMarked ? [table.mark.sql] : []),
  ].join(", ");
  const where =
    index.partial && !isMarked ? ` WHERE ${index.partial.column.sql} IS ${index.partial.absent ? "" : "NOT "}NULL` : "";
  return `CREATE ${index.unique ? "UNIQUE " : ""}INDEX ${index.sql} ON ${table.sql} (${columns})${where}`;
}
