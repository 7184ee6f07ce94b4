/** What a step of a plan has to know of the rows: which values do not fit, which are equal, which are absent. Changes nothing. */

import { commonType } from "../../../migration/common-type.ts";
import { fieldConverter } from "../../../migration/convert-field.ts";
import { fieldByNumber, type Contract } from "../../../migration/contract.ts";
import { modelOf } from "../../../migration/model.ts";
import type { Finding } from "../../../migration/plan-text.ts";
import type { Look, Step } from "../../../migration/plan.ts";
import type { EntityModel } from "../../../model/entity.ts";
import { absentValue } from "../../../model/zero.ts";
import type { Column } from "../../sql/storage.ts";
import type { Table } from "../../sql/table.ts";
import type { Connection } from "../connection.ts";
import { columnOf, tableOf } from "../tables/table.ts";

export interface Place {
  readonly stored: Contract;
  readonly earlier: Contract | undefined;
  /** Absent where it is no longer declared. */
  readonly entity: EntityModel | undefined;
  readonly rows: number | undefined;
}

/** Of a step that has to look at the rows. */
export function findingOf(connection: Connection, place: Place, { look }: Step): Finding | undefined {
  if (!look || place.rows === undefined) return undefined;
  const table = tableOf(modelOf(place.stored), {
    view: place.stored,
    ...(place.earlier && { earlier: place.earlier }),
  });
  return { rows: place.rows, misfits: misfitsOf(connection, place, table, look) };
}

function misfitsOf(connection: Connection, place: Place, table: Table, look: Look): number {
  const column = (number: number): Column | undefined => table.columns.find(({ field }) => field.number === number);
  const count = (sql: string): number => Number(connection.statement(sql).get([])?.[0] ?? 0);
  switch (look.kind) {
    case "absent":
      return count(`SELECT count(*) FROM ${table.sql} WHERE ${column(look.number)?.sql ?? "1"} IS NULL`);
    case "present": {
      const found = column(look.number);
      const isZero = found?.defaultSql === undefined ? "" : ` AND ${found.sql} <> ${found.defaultSql}`;
      return found ? count(`SELECT count(*) FROM ${table.sql} WHERE ${found.sql} IS NOT NULL${isZero}`) : 0;
    }
    case "duplicates": {
      const parts = look.numbers.map((number) => comparedSql(place, column(number), number));
      const hidden = look.leavesOut === undefined ? undefined : column(look.leavesOut)?.sql;
      const tests = [
        ...parts.map((sql) => `${sql} IS NOT NULL`),
        ...(hidden === undefined ? [] : [`${hidden} IS NULL`]),
      ];
      return count(
        `SELECT coalesce(sum(n), 0) FROM (SELECT count(*) AS n FROM ${table.sql} WHERE ${tests.join(" AND ")} GROUP BY ${parts.join(", ")} HAVING count(*) > 1)`,
      );
    }
    case "values":
      return misfittingValues(connection, place, table, look.number);
  }
}

/**
 * A value as a unique index will see it: a field that is new, or absent, is zero where it knows no absence. A sum, because GROUP BY takes
 * a number for a position.
 */
function comparedSql({ entity }: Place, stored: Column | undefined, number: number): string {
  const now = entity?.fields.find((field) => field.number === number);
  const isZero = now !== undefined && absentValue(now) !== undefined;
  if (!stored) return isZero ? "(0 + 0)" : "(NULL + 0)";
  const zero = isZero ? columnOf({ ...stored.field, presence: false }, false).defaultSql : undefined;
  return zero === undefined ? stored.sql : `coalesce(${stored.sql}, ${zero})`;
}

function misfittingValues(
  connection: Connection,
  { stored, earlier, entity }: Place,
  table: Table,
  number: number,
): number {
  const from = table.columns.find(({ field }) => field.number === number);
  const to = entity?.fields.find((field) => field.number === number);
  if (!from || !to) return 0;
  const known = { ...from.field, type: commonType(from.field.type, to.type) };
  const names = fieldByNumber(earlier ?? stored, number)?.type;
  const column = columnOf(known, from.notNull, earlier ? names : undefined);
  const convert = fieldConverter(known, to);
  let misfits = 0;
  for (const [value = null] of connection.statement(`SELECT ${from.sql} FROM ${table.sql}`).iterate([])) {
    if (!convert(value === null ? column.absent : column.read(value)).fits) misfits += 1;
  }
  return misfits;
}
