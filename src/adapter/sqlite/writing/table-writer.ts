/**
 * One mutation inside the writer's transaction: the row is read there, `model/transition.ts` decides, and the row is
 * written. A Create inserts first and looks only when nothing was inserted.
 */

import type { EntityModel } from "../../../model/entity.ts";
import type { Mutation } from "../../../model/mutation.ts";
import type { Key } from "../../../model/key.ts";
import { transition } from "../../../model/transition.ts";
import type { EntityRecord } from "../../../model/value.ts";
import type { WriteOutcome } from "../../adapter.ts";
import { outcomeOf } from "../../embedded/apply-mutation.ts";
import type { SqlValue } from "../../sql/sql-value.ts";
import type { Column } from "../../sql/storage.ts";
import { compareSql, microseconds } from "../../sql/storage.ts";
import type { Connection } from "../connection.ts";
import { CODE, codeOf, SqliteFailure } from "../failure.ts";
import { bound, encodeKey, encodeRow, projectionOf } from "../../sql/row.ts";
import type { Table, TableIndex } from "../../sql/table.ts";

/** A row as it is stored, and as a record. */
export interface StoredRow {
  readonly raw: readonly SqlValue[];
  readonly record: EntityRecord;
}

/** The SQL of one table that writing needs, made once. */
export interface TableWriter {
  readonly table: Table;
  read(connection: Connection, key: Key): StoredRow | undefined;
  /** @param images whether what is applied has its images in its outcome */
  write(connection: Connection, mutation: Mutation, images: boolean): WriteOutcome;
}

/** Those of the entities that are served, each made when it is first needed: with a thousand entities few are written to. */
export interface TableWriters {
  /** Undefined where the entity waits for its tables. */
  get(entity: EntityModel): TableWriter | undefined;
  entities(): Iterable<EntityModel>;
}

export function tableWriters(tables: ReadonlyMap<EntityModel, () => Table>): TableWriters {
  const made = new Map<EntityModel, TableWriter>();
  return {
    get: (entity) => {
      const known = made.get(entity);
      if (known) return known;
      const table = tables.get(entity);
      if (!table) return undefined;
      const writer = tableWriter(table());
      made.set(entity, writer);
      return writer;
    },
    entities: () => tables.keys(),
  };
}

function tableWriter(table: Table): TableWriter {
  const projection = projectionOf(table, undefined);
  const selectSql = `SELECT ${projection.columns} FROM ${table.sql} WHERE ${table.whereKey}`;
  const insertSql = `INSERT INTO ${table.sql} (${projection.columns}) VALUES (${table.columns.map(() => "?").join(", ")}) ON CONFLICT DO NOTHING`;
  const deleteSql = `DELETE FROM ${table.sql} WHERE ${table.whereKey}`;
  const uniques = table.indexes.filter((index) => index.unique).map((index) => uniqueIndex(table, index));

  const read = (connection: Connection, key: Key): StoredRow | undefined => {
    const raw = connection.statement(selectSql, projection.wide).get(encodeKey(table, key));
    return raw && { raw, record: projection.decode(raw) };
  };

  const insert = (connection: Connection, record: EntityRecord): boolean =>
    connection.statement(insertSql).run(encodeRow(table, record)) === 1;

  /** Expired rows in the way are removed; any other is a violation. */
  const freeUniques = (connection: Connection, mutation: Mutation, record: EntityRecord): void => {
    const key = encodeKey(table, mutation.key);
    let isFreed = false;
    for (const unique of uniques) {
      const holder = unique.holder(connection, record, key);
      if (!holder) continue;
      if (holder.expires === null || holder.expires > microseconds(mutation.now)) {
        throw new SqliteFailure(CODE.unique, { entity: table.entity.name, index: unique.name });
      }
      connection.statement(deleteSql).run(holder.key);
      isFreed = true;
    }
    if (!isFreed) throw new SqliteFailure(CODE.unique, { entity: table.entity.name });
  };

  const insertOver = (connection: Connection, mutation: Mutation, record: EntityRecord): void => {
    if (insert(connection, record)) return;
    freeUniques(connection, mutation, record);
    if (!insert(connection, record)) throw new SqliteFailure(CODE.unique, { entity: table.entity.name });
  };

  const update = (connection: Connection, mutation: Mutation, current: StoredRow, record: EntityRecord): void => {
    const changed = changedColumns(table, current, record);
    if (changed.length === 0) return;
    const sets = changed.map(({ column }) => `${column.sql} = ?`).join(", ");
    const sql = `UPDATE ${table.sql} SET ${sets} WHERE ${table.whereKey}`;
    const parameters = [...changed.map(({ value }) => value), ...encodeKey(table, mutation.key)];
    try {
      connection.statement(sql).run(parameters);
    } catch (error) {
      if (codeOf(error) !== CODE.unique) throw error;
      freeUniques(connection, mutation, record);
      connection.statement(sql).run(parameters);
    }
  };

  const write = (connection: Connection, mutation: Mutation, images: boolean): WriteOutcome => {
    if (mutation.kind === "create" && insert(connection, mutation.record)) {
      return outcomeOf({ action: "store", record: mutation.record, created: true }, undefined, images);
    }
    const current = read(connection, mutation.key);
    const decision = transition(mutation, current?.record);
    if (decision.action === "remove") connection.statement(deleteSql).run(encodeKey(table, mutation.key));
    if (decision.action === "store") {
      if (current) update(connection, mutation, current, decision.record);
      else insertOver(connection, mutation, decision.record);
    }
    return outcomeOf(decision, current?.record, images);
  };

  return { table, read, write };
}

/** A value that is the very one that was read is not written: its column may hold more than this process knows. */
function changedColumns(
  table: Table,
  { raw, record: before }: StoredRow,
  record: EntityRecord,
): readonly { readonly column: Column; readonly value: SqlValue }[] {
  return table.columns.flatMap((column, i) => {
    if (record[i] === before[i]) return [];
    const value = bound(column, record[i]);
    return compareSql(value, raw[i] ?? null) === 0 ? [] : [{ column, value }];
  });
}

interface UniqueIndex {
  /** In the model. */
  readonly name: string;
  /** The other row that has these values; undefined where there is none, or the record stays out of the index. */
  holder(
    connection: Connection,
    record: EntityRecord,
    key: readonly SqlValue[],
  ): { readonly key: readonly SqlValue[]; readonly expires: bigint | null } | undefined;
}

function uniqueIndex(table: Table, index: TableIndex): UniqueIndex {
  const columns = index.columns.map(({ column }) => column);
  const { expiresAt } = table.entity.managed;
  const expires = expiresAt === undefined ? "NULL" : (table.columns[expiresAt]?.sql ?? "NULL");
  const live = index.partial ? ` AND ${index.partial.column.sql} IS NULL` : "";
  const sql = `SELECT ${expires}, ${table.key.map((column) => column.sql).join(", ")} FROM ${table.sql} WHERE ${columns.map((column) => `${column.sql} = ?`).join(" AND ")}${live}`;
  return {
    name: index.model?.name ?? index.name,
    holder: (connection, record, key) => {
      if (index.partial && record[index.partial.column.field.ordinal] !== undefined) return undefined;
      const values = columns.map((column) => bound(column, record[column.field.ordinal]));
      if (values.includes(null)) return undefined;
      for (const [at, ...holder] of connection.statement(sql).all(values)) {
        if (holder.every((value, i) => compareSql(value, key[i] ?? null) === 0)) continue;
        return { key: holder, expires: at === null || at === undefined ? null : BigInt(String(at)) };
      }
      return undefined;
    },
  };
}
