/** Point reads: one prepared statement per projection, several keys in one snapshot. */

import type { EntityKey } from "../../../model/key.ts";
import { Fault } from "../../../model/fault.ts";
import type { FieldSet, ReadOutcome, ReadRequest } from "../../adapter.ts";
import { ReadBudget } from "../../reading/read-budget.ts";
import { DocumentError } from "../../document/json.ts";
import { inSnapshot } from "./bounded-statement.ts";
import type { Connection } from "../connection.ts";
import { encodeKey, projectionOf, rowBytes, type Projection } from "../../sql/row.ts";
import type { Table } from "../../sql/table.ts";

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
  const readOne = (connection: Connection, key: EntityKey, fields: FieldSet, budget?: ReadBudget): ReadOutcome => {
    const table = tableFor(key.entity);
    const { sql, projection } = sqlFor(table, fields);
    const row = connection.statement(sql, projection.wide).get(encodeKey(table, key.key));
    budget?.spend(row ? rowBytes(row) : 0);
    if (!row) return MISSING;
    try {
      return { status: "found", record: projection.decode(row) };
    } catch (error) {
      if (error instanceof DocumentError || error instanceof Fault) return { status: "failed", error };
      throw error;
    }
  };
  return {
    read: (connection, shared, request) => {
      const { keys, fields } = request;
      const [only] = keys;
      if (only && keys.length === 1) return [readOne(connection, only, fields)];
      const budget = new ReadBudget(request, MOST_TIME);
      const all = (): readonly ReadOutcome[] =>
        keys.map((key) => (budget.isSpent ? UNREAD : readOne(connection, key, fields, budget)));
      return shared ? all() : inSnapshot(connection, all);
    },
  };
}

/** Milliseconds: rows whose small fields lie behind large ones take long to find, and hold nothing. Others take a few, also on a busy machine. */
const MOST_TIME = 20;

const UNREAD: ReadOutcome = { status: "unread" };
const MISSING: ReadOutcome = { status: "missing" };
