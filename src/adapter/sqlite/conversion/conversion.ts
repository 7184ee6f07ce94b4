/**
 * Brings an entity's rows under the contract it asks for now, one bounded step at a time; any process may do the next one.
 * A new table is filled beside the old one, which is read and written as ever; triggers leave the keys that were written
 * meanwhile, and those rows are copied again. The last step puts the new table in the old one's place. Every step is one
 * transaction with its own account of how far it came, so one that is killed never happened.
 */

import { contractOf, type Contract } from "../../../migration/contract.ts";
import { viewOf } from "../../../migration/plan-change.ts";
import { stepLine } from "../../../migration/plan-text.ts";
import type { Plan, Step } from "../../../migration/plan.ts";
import type { EntityModel } from "../../../model/entity.ts";
import type { ConversionProgress, ConversionRequest, DropRequest } from "../../schema.ts";
import type { SqlValue } from "../../sql/sql-value.ts";
import { quote } from "../../sql/quote.ts";
import type { Connection } from "../connection.ts";
import { contractHistory, forgetContracts, type ContractHistory } from "../tables/contracts.ts";
import { endConversion, readConversion, writeConversion, type ConversionState } from "./conversion-state.ts";
import {
  conversionTables,
  createTables,
  dropTables,
  dropTriggers,
  rowsBehind,
  trashOf,
  type ConversionTables,
} from "./conversion-tables.ts";
import { CODE, codeOf, primaryCode } from "../failure.ts";
import { createMeta } from "../tables/meta.ts";
import { Misfit } from "./row-mover.ts";
import { expiryNameOf } from "../../sql/index-name.ts";
import { withFreeNames } from "../tables/index-names.ts";
import { applyTable, dropIndex } from "../tables/schema.ts";
import { isNews, planOf, recordPlan, rowsUpTo, survey } from "../tables/survey.ts";
import { withoutOldNames } from "../../sql/surveyed.ts";
import { createIndexSql } from "../../sql/table.ts";
import { tableOf } from "../tables/table.ts";

/** One step. */
export function convert(connection: Connection, request: ConversionRequest): ConversionProgress {
  try {
    return transaction(connection, () => step(connection, request));
  } catch (error) {
    const isTaken = primaryCode(codeOf(error) ?? 0) === CODE.constraint;
    if (!(error instanceof Misfit) && !isTaken) throw error;
    const what = error instanceof Misfit ? error.message : "several rows have values that are equal in a unique index";
    return transaction(connection, () => abandon(connection, request, what));
  }
}

function transaction<Result>(connection: Connection, work: () => Result): Result {
  connection.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    connection.exec("COMMIT");
    return result;
  } catch (error) {
    if (connection.database.isTransaction) connection.exec("ROLLBACK");
    throw error;
  }
}

function step(connection: Connection, request: ConversionRequest): ConversionProgress {
  createMeta(connection);
  const { entity } = request;
  const known = contractHistory(connection, entity.name);
  const state = readConversion(connection, entity.name);
  if (state?.phase === "clean") return clean(connection, state, request.rows);
  if (known.history.length === 0) return first(connection, entity);
  const plan = planOf(connection, entity, known);
  const refused = plan.steps.filter((found) => isRefused(found, request));
  if (refused.length > 0) return refusal(refused.map(stepLine));
  const isOurs = state?.digest === plan.to && state.revision === plan.revision && state.accept === acceptText(request);
  if (state && isOurs) return copy(connection, known, state, plan, request.rows);
  const stored = newestOf(known);
  if (state) dropTables(connection, conversionTables(stored, state.target, known.earlier));
  endConversion(connection, entity.name);
  return begin(connection, request, plan, known);
}

function isRefused({ by, blocks, accept }: Step, request: ConversionRequest): boolean {
  return blocks && (by === "never" || (by === "accept" && !request.accept.includes(accept ?? "")));
}

function acceptText({ accept }: ConversionRequest): string {
  return accept.toSorted().join(" ");
}

function newestOf({ history }: ContractHistory): Contract {
  const contract = history.at(-1)?.contract;
  if (!contract) throw new TypeError("a conversion begins with a contract");
  return contract;
}

/** Nothing of it is in the file: as a start would do it. */
function first(connection: Connection, entity: EntityModel): ConversionProgress {
  const { drift } = survey(connection, [entity], "auto", true).states[0] ?? { drift: [] };
  return drift.length > 0 ? refusal(drift.map(({ what }) => what)) : finished(0);
}

function begin(
  connection: Connection,
  request: ConversionRequest,
  plan: Plan,
  known: ContractHistory,
): ConversionProgress {
  const stored = newestOf(known);
  const drops = plan.steps.flatMap(({ work, accept }) =>
    work.kind === "drop field" && request.accept.includes(accept ?? "") ? [work.number] : [],
  );
  const isRewritten = drops.length > 0 || plan.steps.some(({ work }) => work.kind.startsWith("rewrite"));
  const target = targetOf(connection, request.entity, { plan, drops, isRewritten });
  connection.exec(`DROP TABLE IF EXISTS ${quote(trashOf(stored))}`); // of a conversion whose account is damaged
  if (!isRewritten) return atOnce(connection, request.entity, plan, target, known);
  const tables = conversionTables(stored, target, known.earlier);
  dropTables(connection, tables);
  createTables(connection, tables);
  const total = Number(connection.statement(`SELECT count(*) FROM ${tables.from.sql}`).get([])?.[0] ?? 0);
  const { entity } = plan;
  const accept = acceptText(request);
  writeConversion(connection, { entity, digest: plan.to, revision: plan.revision, accept, target, phase: "copy", cursor: undefined, copied: 0, total }); // prettier-ignore
  return { status: "running", copied: 0, total };
}

/** Indexes of a table that is written anew get new names, because names of indexes are one for the whole file. */
function targetOf(
  connection: Connection,
  entity: EntityModel,
  { plan, drops, isRewritten }: { plan: Plan; drops: readonly number[]; isRewritten: boolean },
): Contract {
  const wanted = contractOf(entity);
  const indexes = plan.isEarlier ? plan.next.indexes : plan.next.indexes.slice(0, wanted.indexes.length);
  const next = { ...plan.next, fields: plan.next.fields.filter(({ number }) => !drops.includes(number)) };
  if (!isRewritten) return { ...next, indexes };
  const taken = (i: number): string => `${next.table}__${indexes[i]?.name ?? ""}__${plan.revision + 1}`;
  const renamed = { ...next, indexes: indexes.map((index, i) => ({ ...index, physical: taken(i) })) };
  return withFreeNames(connection, renamed, { tables: new Set(), own: [] });
}

function atOnce(
  connection: Connection,
  entity: EntityModel,
  plan: Plan,
  target: Contract,
  known: ContractHistory,
): ConversionProgress {
  const dropped = newestOf(known).indexes.filter(
    ({ physical }) => !target.indexes.some((index) => index.physical === physical),
  );
  for (const { physical } of dropped) dropIndex(connection, physical);
  const view = viewOf(target, contractOf(entity));
  applyTable(connection, tableOf(withoutOldNames(entity), { view, ...(known.earlier && { earlier: known.earlier }) }));
  if (isNews(plan, newestOf(known), target)) recordPlan(connection, plan, target);
  return finished(0);
}

function copy(
  connection: Connection,
  known: ContractHistory,
  state: ConversionState,
  plan: Plan,
  limit: number,
): ConversionProgress {
  const tables = conversionTables(newestOf(known), state.target, known.earlier);
  if (state.cursor !== "end") {
    const rows = rowsBehind(connection, tables.from, state.cursor, limit);
    for (const row of rows) insertOrNote(connection, tables, row);
    const last = rows.at(-1);
    const cursor = rows.length < limit || !last ? "end" : keyOf(tables, last);
    const copied = state.copied + rows.length;
    writeConversion(connection, { ...state, cursor, copied });
    return { status: "running", copied, total: state.total };
  }
  const left = Number(
    connection.statement(`SELECT count(*) FROM (SELECT 1 FROM ${quote(tables.log)} LIMIT ?)`).get([limit + 1])?.[0],
  );
  const isLast = left <= limit || !drained(connection, tables, limit);
  if (!isLast) return { status: "running", copied: state.copied, total: state.total };
  drain(connection, tables, Number.MAX_SAFE_INTEGER);
  swap(connection, tables, state, plan);
  return { status: "running", copied: state.total, total: state.total };
}

/** Whether a part could be copied again by itself; where values moved from row to row it goes only as a whole. */
function drained(connection: Connection, tables: ConversionTables, limit: number): boolean {
  connection.exec("SAVEPOINT part");
  try {
    drain(connection, tables, limit);
    connection.exec("RELEASE part");
    return true;
  } catch (error) {
    if (primaryCode(codeOf(error) ?? 0) !== CODE.constraint) throw error;
    connection.exec("ROLLBACK TO part; RELEASE part");
    return false;
  }
}

/** First all of them go, then those that are there come again: values may have moved between them. */
function drain(connection: Connection, tables: ConversionTables, limit: number): void {
  const { from, to, log, mover } = tables;
  const names = from.key.map((_, i) => `k${i}`).join(", ");
  const noted = connection.statement(`SELECT seq, ${names} FROM ${quote(log)} ORDER BY seq LIMIT ?`).all([limit]);
  const keys = new Map(noted.map(([, ...key]) => [key.map(String).join("\u0000"), key]));
  for (const key of keys.values()) {
    connection.statement(`DELETE FROM ${to.sql} WHERE ${to.whereKey}`).run(mover.key(key));
  }
  const columns = from.columns.map((column) => column.sql).join(", ");
  for (const key of keys.values()) {
    const row = connection.statement(`SELECT ${columns} FROM ${from.sql} WHERE ${from.whereKey}`).get(key);
    if (row) insert(connection, tables, row);
  }
  const last = noted.at(-1)?.[0];
  if (last !== undefined) connection.statement(`DELETE FROM ${quote(log)} WHERE seq <= ?`).run([last]);
}

function insert(connection: Connection, { to, mover }: ConversionTables, row: readonly SqlValue[]): void {
  const columns = to.columns.map((column) => column.sql).join(", ");
  const places = to.columns.map(() => "?").join(", ");
  connection.statement(`INSERT INTO ${to.sql} (${columns}) VALUES (${places})`).run(mover.row(row));
}

/** A value that another row gave up since it was copied is taken only once that row is copied again. */
function insertOrNote(connection: Connection, tables: ConversionTables, row: readonly SqlValue[]): void {
  try {
    insert(connection, tables, row);
  } catch (error) {
    if (primaryCode(codeOf(error) ?? 0) !== CODE.constraint) throw error;
    const names = tables.from.key.map((_, i) => `k${i}`).join(", ");
    const places = tables.from.key.map(() => "?").join(", ");
    connection.statement(`INSERT INTO ${quote(tables.log)} (${names}) VALUES (${places})`).run(keyOf(tables, row));
  }
}

function keyOf({ from }: ConversionTables, row: readonly SqlValue[]): SqlValue[] {
  return from.key.map((column) => row[column.field.ordinal] ?? null);
}

function swap(connection: Connection, tables: ConversionTables, state: ConversionState, plan: Plan): void {
  const { from, to, trash } = tables;
  dropTriggers(connection, tables);
  connection.exec(`DROP INDEX IF EXISTS ${quote(expiryNameOf(from.name))}`);
  connection.exec(`ALTER TABLE ${from.sql} RENAME TO ${quote(trash)}`);
  connection.exec(`ALTER TABLE ${to.sql} RENAME TO ${from.sql}`);
  for (const index of to.indexes) if (!index.model) connection.exec(createIndexSql(from, index));
  recordPlan(connection, plan, state.target);
  writeConversion(connection, { ...state, phase: "clean", copied: state.total });
}

/** The old table goes in steps, because dropping it whole would hold writers up. */
function clean(connection: Connection, state: ConversionState, limit: number): ConversionProgress {
  const trash = trashOf(state.target);
  const index = connection
    .statement("SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL LIMIT 1")
    .get([trash]);
  const running: ConversionProgress = { status: "running", copied: state.total, total: state.total };
  if (index) {
    connection.exec(`DROP INDEX ${quote(String(index[0]))}`);
    return running;
  }
  const key = connection.statement("SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk").all([trash]);
  const names = key.map(([name]) => quote(String(name))).join(", ");
  const some = `SELECT ${names} FROM ${quote(trash)} LIMIT ?`;
  const removed =
    names === ""
      ? 0
      : connection.statement(`DELETE FROM ${quote(trash)} WHERE (${names}) IN (${some})`).run([4 * limit]);
  if (removed > 0) return running;
  connection.exec(`DROP TABLE IF EXISTS ${quote(trash)}`);
  endConversion(connection, state.entity);
  return running; // the next step sees whether that was all
}

/** One step. The contract goes with the table, at once; the rows behind them, in steps. */
export function drop(connection: Connection, { entity, rows }: DropRequest): ConversionProgress {
  return transaction(connection, () => {
    const state = readConversion(connection, entity);
    if (state?.phase === "clean") return clean(connection, state, rows);
    const known = contractHistory(connection, entity);
    const newest = known.history.at(-1);
    if (!newest) return finished(0);
    const { contract, digest, revision } = newest;
    if (state) dropTables(connection, conversionTables(contract, state.target, known.earlier));
    const total = rowsUpTo(connection, contract.table, Number.MAX_SAFE_INTEGER);
    forgetContracts(connection, entity);
    if (total === undefined) return finished(0);
    connection.exec(`ALTER TABLE ${quote(contract.table)} RENAME TO ${quote(trashOf(contract))}`);
    writeConversion(connection, { entity, digest, revision, accept: entity, target: contract, phase: "clean", cursor: "end", copied: total, total }); // prettier-ignore
    return { status: "running", copied: 0, total };
  });
}

/** The old table was never touched. */
function abandon(connection: Connection, { entity }: ConversionRequest, what: string): ConversionProgress {
  const known = contractHistory(connection, entity.name);
  const state = readConversion(connection, entity.name);
  if (state) dropTables(connection, conversionTables(newestOf(known), state.target, known.earlier));
  endConversion(connection, entity.name);
  return refusal([`${what}; nothing was changed, and pannier migrate plan counts the rows`]);
}

function finished(total: number): ConversionProgress {
  return { status: "done", copied: total, total };
}

function refusal(why: readonly string[]): ConversionProgress {
  return { status: "refused", copied: 0, total: 0, why };
}
