/** What a plan has to know about the rows: how many there are, which values do not fit, which are equal. Changes nothing. */

import { commonType } from "../../migration/common-type.ts";
import { fieldConverter } from "../../migration/convert-field.ts";
import { contractOf, fieldByNumber, type Contract } from "../../migration/contract.ts";
import { modelOf } from "../../migration/model.ts";
import type { Finding } from "../../migration/plan-text.ts";
import type { Look, Step } from "../../migration/plan.ts";
import { planChange } from "../../migration/plan-change.ts";
import { ContractError } from "../../migration/contract-reader.ts";
import type { EntityModel } from "../../model/entity.ts";
import type { EntityPlan } from "../adapter.ts";
import { sqliteAbilities } from "./abilities.ts";
import type { Column } from "../sql/storage.ts";
import type { Connection } from "./connection.ts";
import { readConversion } from "./conversion-state.ts";
import { contractHistory, type ContractHistory } from "./contracts.ts";
import { rowsUpTo } from "./survey.ts";
import type { Table } from "../sql/table.ts";
import { columnOf, tableOf } from "./table.ts";

/** Without those whose contract in the file cannot be used, which `verify` says. */
export function plansOf(connection: Connection, entities: readonly EntityModel[]): readonly EntityPlan[] {
  return entities.flatMap((entity) => planWithRows(connection, entity) ?? []);
}

function planWithRows(connection: Connection, entity: EntityModel): EntityPlan | undefined {
  let known: ContractHistory;
  try {
    known = contractHistory(connection, entity.name);
  } catch (error) {
    if (error instanceof ContractError) return undefined;
    throw error;
  }
  const stored = known.history.at(-1)?.contract;
  const rows = rowsUpTo(connection, stored?.table ?? entity.table, Number.MAX_SAFE_INTEGER);
  const plan = planChange({ wanted: contractOf(entity), history: known.history, abilities: sqliteAbilities, rows });
  const state = readConversion(connection, entity.name);
  const resumes =
    state &&
    (state.phase === "clean" ? "the old table is being removed" : `${state.copied} of ${state.total} rows are copied`);
  return {
    plan,
    rows,
    findings: plan.steps.map(
      (step) => stored && findingOf(connection, { stored, earlier: known.earlier, entity, rows }, step),
    ),
    ...(resumes !== undefined && { resumes }),
  };
}

interface Place {
  readonly stored: Contract;
  readonly earlier: Contract | undefined;
  readonly entity: EntityModel;
  readonly rows: number | undefined;
}

function findingOf(connection: Connection, place: Place, { look }: Step): Finding | undefined {
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
      const parts = look.numbers.flatMap((number) => column(number)?.sql ?? []);
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

function misfittingValues(
  connection: Connection,
  { stored, earlier, entity }: Place,
  table: Table,
  number: number,
): number {
  const from = table.columns.find(({ field }) => field.number === number);
  const to = entity.fields.find((field) => field.number === number);
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
