/** Point reads: one prepared statement per projection, several keys in one snapshot. */

import type { EntityKey } from "../../model/key.ts";
import { Fault } from "../../model/fault.ts";
import type { FieldSet, ReadOutcome, ReadRequest } from "../adapter.ts";
import { DocumentError } from "../sql/json.ts";
import { inSnapshot } from "./bounded-statement.ts";
import type { Connection } from "./connection.ts";
import { encodeKey, projectionOf, type Projection } from "./row.ts";
import type { Table } from "./table.ts";

export interface PointReader {
  read(connection: Connection, shared: boolean, request: ReadRequest): readonly ReadOutcome[];
}

/** Masks of one table that are remembered; callers use few. */
const PROJECTIONS_KEPT = 64;

interface ReadSql {
  readonly projection: Projection;
  readonly sql: string;
}

export function createPointReader(tableFor: (entity: EntityKey["entity"]) => Table): PointReader {
  const known = new Map<Table, Map<string, ReadSql>>();

  const sqlFor = (table: Table, fields: FieldSet): ReadSql => {
    const name = fields ? fields.join() : "*";
    let ofTable = known.get(table);
    if (!ofTable) known.set(table, (ofTable = new Map()));
    let found = ofTable.get(name);
    if (!found) {
      const projection = projectionOf(table, fields);
      found = { projection, sql: `SELECT ${projection.columns} FROM ${table.sql} WHERE ${table.whereKey}` };
      if (ofTable.size >= PROJECTIONS_KEPT) ofTable.clear();
      ofTable.set(name, found);
    }
    return found;
  };
  const readOne = (connection: Connection, key: EntityKey, fields: FieldSet): ReadOutcome => {
    const table = tableFor(key.entity);
    const { sql, projection } = sqlFor(table, fields);
    const row = connection.statement(sql, projection.wide).get(encodeKey(table, key.key));
    if (!row) return MISSING;
    try {
      return { status: "found", record: projection.decode(row) };
    } catch (error) {
      if (error instanceof DocumentError || error instanceof Fault) return { status: "failed", error };
      throw error;
    }
  };
  return {
    read: (connection, shared, { keys, fields }) => {
      const all = (): readonly ReadOutcome[] => keys.map((key) => readOne(connection, key, fields));
      return shared || keys.length === 1 ? all() : inSnapshot(connection, all);
    },
  };
}

const MISSING: ReadOutcome = { status: "missing" };
