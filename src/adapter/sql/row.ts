/** Rows as parameters and back: positional, compiled once per entity and projection. */

import type { Key } from "../../model/key.ts";
import type { MutableRecord, EntityRecord } from "../../model/value.ts";
import type { FieldSet } from "../adapter.ts";
import { projectedOrdinals } from "../reading/projection.ts";
import type { SqlValue } from "./sql-value.ts";
import type { Column } from "./storage.ts";
import { columnAt, type Table } from "./table.ts";

/** What one SELECT delivers of a row. */
export interface Projection {
  /** Quoted columns, in the order of the row's values. */
  readonly columns: string;
  readonly ordinals: readonly number[];
  /** Whether integers must be read as bigint. */
  readonly wide: boolean;
  decode(row: readonly SqlValue[]): EntityRecord;
}

/** Projections of one table that are kept; callers use few. */
const KEPT = 128;

const kept = new WeakMap<Table, Map<string, Projection>>();

/** What `make` makes, made once for each table and name. */
export function keptProjection(table: Table, name: string, make: () => Projection): Projection {
  let known = kept.get(table);
  if (!known) kept.set(table, (known = new Map()));
  let projection = known.get(name);
  if (!projection) {
    if (known.size >= KEPT) known.clear();
    known.set(name, (projection = make()));
  }
  return projection;
}

/** @param extra ordinals that must be in it whatever `fields` says */
export function projectionOf(table: Table, fields: FieldSet, extra: readonly number[] = []): Projection {
  const name = fields ? `${fields.join()} ${extra.join()}` : "*";
  return keptProjection(table, name, () => makeProjection(table, fields, extra));
}

function makeProjection(table: Table, fields: FieldSet, extra: readonly number[]): Projection {
  const ordinals = fields ? projectedOrdinals(table.entity, [...fields, ...extra]) : table.columns.map((_, i) => i);
  const columns = ordinals.map((ordinal) => columnAt(table.columns, ordinal));
  const size = table.columns.length;
  return {
    columns: columns.map((column) => column.sql).join(", "),
    ordinals,
    wide: columns.some((column) => column.wide),
    decode: ordinals.length === size ? decodeAll(columns) : decodeSome(columns, ordinals, size),
  };
}

function decodeAll(columns: readonly Column[]): (row: readonly SqlValue[]) => EntityRecord {
  return (row) => {
    const record: MutableRecord = [];
    for (let i = 0; i < columns.length; i += 1) record.push(valueOf(columns[i], row[i]));
    return record;
  };
}

function decodeSome(
  columns: readonly Column[],
  ordinals: readonly number[],
  size: number,
): (row: readonly SqlValue[]) => EntityRecord {
  const blank: EntityRecord = Array.from({ length: size }, () => undefined);
  return (row) => {
    const record: MutableRecord = [...blank];
    for (const [i, ordinal] of ordinals.entries()) record[ordinal] = valueOf(columns[i], row[i]);
    return record;
  };
}

function valueOf(column: Column | undefined, stored: SqlValue | undefined): MutableRecord[number] {
  if (!column) return undefined;
  return stored === null || stored === undefined ? column.absent : column.read(stored);
}

/** Parameters for all columns, by ordinal. */
export function encodeRow(table: Table, record: EntityRecord): SqlValue[] {
  const row: SqlValue[] = [];
  for (let i = 0; i < table.columns.length; i += 1) {
    const column = table.columns[i];
    if (column) row.push(bound(column, record[i]));
  }
  return row;
}

export function bound(column: Column, value: EntityRecord[number]): SqlValue {
  if (value !== undefined) return column.bind(value);
  return column.absent === undefined ? null : column.bind(column.absent);
}

export function encodeKey(table: Table, key: Key): SqlValue[] {
  return table.key.map((column, i) => bound(column, key[i]));
}

/** Of `Table.whereKey`. */
export function keyParameters(table: Table, key: Key): SqlValue[] {
  return table.key.flatMap((column, i) => {
    const value = bound(column, key[i]);
    return column.comparing?.equality(value) === "wider" ? [value, value] : [value];
  });
}

/** About how many bytes a row's values take. */
export function rowBytes(row: readonly SqlValue[]): number {
  let bytes = 0;
  for (const value of row) bytes += typeof value === "string" || value instanceof Uint8Array ? value.length + 4 : 8;
  return bytes;
}
