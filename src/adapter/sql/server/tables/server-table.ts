/** One table of a server with the statements that reading and writing rows need, made once. */

import type { EntityModel } from "../../../../model/entity.ts";
import type { Key } from "../../../../model/key.ts";
import type { FieldSet } from "../../../adapter.ts";
import { encodeKey, keyParameters, projectionOf, type Projection } from "../../row.ts";
import { tableOf, type Layout, type Table } from "../../table.ts";
import type { Statement } from "../connection/link.ts";
import { PassingShares } from "../reading/passing.ts";
import type { ServerDialect } from "../server-dialect.ts";

export interface ServerTable extends Table {
  readonly dialect: ServerDialect;
  readonly all: Projection;
  /** Reads one row, and locks it. */
  lock(key: Key): Statement;
  remove(key: Key): Statement;
  projection(fields: FieldSet): Projection;
  point(key: Key, fields: FieldSet): { readonly statement: Statement; readonly projection: Projection };
  points(keys: readonly Key[], fields: FieldSet): { readonly statement: Statement; readonly projection: Projection };
  readonly sizes: RowSizes;
  readonly passing: PassingShares;
  /** What was learned of it by asking. */
  readonly learned: {
    /** A view, whose rows do not say whether a statement inserted or updated them. */
    isSilent: boolean;
  };
}

/** Masks of one table that are remembered; callers use few. */
const PROJECTIONS_KEPT = 64;

/** How many bytes the rows of a table take, by what is read of them: a moving average. */
export class RowSizes {
  readonly #known = new Map<string, number>();

  of({ columns }: Projection): number | undefined {
    return this.#known.get(columns);
  }

  saw({ columns }: Projection, bytes: number): void {
    if (this.#known.size >= 2 * PROJECTIONS_KEPT) this.#known.clear();
    this.#known.set(columns, ((this.#known.get(columns) ?? bytes) + bytes) / 2);
  }
}

interface ReadSql {
  readonly projection: Projection;
  readonly one: string;
  readonly many: (count: number) => string;
}

export function serverTable(dialect: ServerDialect, entity: EntityModel, layout: Layout): ServerTable {
  const table = tableOf(dialect, entity, layout);
  const all = projectionOf(table, undefined);
  const keyed = dialect.keysOf(table);
  const known = new Map<string, ReadSql>();
  const sqlFor = (fields: FieldSet): ReadSql => {
    const name = fields ? fields.join() : "*";
    let found = known.get(name);
    if (!found) {
      const projection = projectionOf(table, fields);
      const own = projection.ordinals.map((ordinal) => `${table.sql}.${table.columns[ordinal]?.sql}`).join(", ");
      found = {
        projection,
        one: `SELECT ${projection.columns} FROM ${table.sql} WHERE ${table.whereKey}`,
        many: (count) => `SELECT ${own} FROM ${keyed.from(count)}`,
      };
      if (known.size >= PROJECTIONS_KEPT) known.clear();
      known.set(name, found);
    }
    return found;
  };
  const byKey = (text: string, key: Key): Statement => ({
    text,
    parameters: keyParameters(table, key),
    repeated: true,
  });
  const lockSql = `SELECT ${all.columns} FROM ${table.sql} WHERE ${table.whereKey} ${dialect.lockRow}`;
  const removeSql = `DELETE FROM ${table.sql} WHERE ${table.whereKey}`;
  return {
    ...table,
    dialect,
    all,
    sizes: new RowSizes(),
    passing: new PassingShares(),
    learned: { isSilent: false },
    lock: (key) => byKey(lockSql, key),
    remove: (key) => byKey(removeSql, key),
    projection: (fields) => sqlFor(fields).projection,
    point: (key, fields) => {
      const { projection, one } = sqlFor(fields);
      return { projection, statement: byKey(one, key) };
    },
    points: (keys, fields) => {
      const { projection, many } = sqlFor(fields);
      const parameters = keyed.parameters(keys.map((key) => encodeKey(table, key)));
      return { projection, statement: { text: many(keys.length), parameters, repeated: true } };
    },
  };
}
