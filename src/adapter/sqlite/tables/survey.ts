/** What becomes of an entity in this file: how its rows lie, what was done at the start, and what keeps it from being served. */

import type { EntityModel } from "../../../model/entity.ts";
import { contractDigest, contractText } from "../../../migration/contract-text.ts";
import { contractOf, type Contract } from "../../../migration/contract.ts";
import { planChange, viewOf } from "../../../migration/plan-change.ts";
import type { Drift } from "../../../migration/drift.ts";
import { stepLine } from "../../../migration/plan-text.ts";
import { blocking, type Plan, type Step } from "../../../migration/plan.ts";
import type { OpenOptions } from "../../opening.ts";
import { quote } from "../../sql/quote.ts";
import { sqliteAbilities } from "../abilities.ts";
import type { Connection } from "../connection.ts";
import { contractHistory, newestContract, otherOwner, writeContract, type ContractHistory } from "./contracts.ts";
import { CODE, codeOf, primaryCode } from "../failure.ts";
import { createMeta } from "./meta.ts";
import { foldedName, withFreeNames } from "./index-names.ts";
import { findingOf } from "../conversion/row-findings.ts";
import { applyTable, dropIndex, findingsOf, tableToRename, type Addition } from "./schema.ts";
import { keepMark, keptMark, surveyMark } from "./survey-mark.ts";
import {
  driftIn,
  layoutOf,
  surveyedAs,
  takenFrom,
  unreadable,
  withoutOldNames,
  type Surveyed,
} from "../../sql/surveyed.ts";
import type { Table } from "../../sql/table.ts";
import { tableOf } from "./table.ts";

/** Plain data, which crosses between the threads. */
export interface EntityState extends Surveyed {
  /** Full name. */
  readonly entity: string;
}

export interface Survey {
  readonly states: readonly EntityState[];
  readonly applied: readonly Addition[];
}

/**
 * `auto` changes what may be changed at a start; the others change nothing, and `off` takes a table without contract as it is.
 *
 * @param isInside whether a transaction is open already
 */
export function survey(
  connection: Connection,
  entities: readonly EntityModel[],
  tables: OpenOptions["tables"],
  isInside = false,
): Survey {
  const names = new Set(entities.map(({ table }) => foldedName(table)));
  const surveyAll = (): Survey => joined(entities.map((entity) => surveyEntity(connection, { entity, tables, names })));
  if (tables !== "auto" || isInside) return surveyAll();
  connection.exec("BEGIN IMMEDIATE");
  try {
    createMeta(connection);
    const done = standing(connection, entities) ?? marked(connection, surveyAll());
    connection.exec("COMMIT");
    return done;
  } catch (error) {
    if (connection.database.isTransaction) connection.exec("ROLLBACK");
    throw error;
  }
}

/** What a survey would find, where nothing has changed since one found that everything fits; undefined where something has. */
function standing(connection: Connection, entities: readonly EntityModel[]): Survey | undefined {
  const kept = keptMark(connection);
  if (kept === undefined) return undefined;
  const digests = entities.map((entity) => contractDigest(contractOf(entity)));
  if (kept !== surveyMark(connection, digests)) return undefined;
  return {
    states: entities.map((entity) => stateOf(entity, newestContract(connection, entity.name), [])),
    applied: [],
  };
}

/** Remembers the survey where everything fits. */
function marked(connection: Connection, done: Survey): Survey {
  if (done.states.every(({ drift }) => drift.length === 0)) {
    const digests = done.states.map(({ digest }) => digest.entity);
    keepMark(connection, surveyMark(connection, digests));
  }
  return done;
}

/**
 * Without changing anything; its new indexes have names that are free.
 *
 * @param names of tables that are to come, folded
 */
export function planOf(
  connection: Connection,
  entity: EntityModel,
  { history }: ContractHistory,
  names: ReadonlySet<string> = new Set(),
): Plan {
  const stored = history.at(-1)?.contract;
  const table = stored?.table ?? entity.table;
  const rows = rowsUpTo(connection, table, sqliteAbilities.instantRows + 1);
  const plan = planChange({ wanted: contractOf(entity), history, abilities: sqliteAbilities, rows });
  return { ...plan, next: withFreeNames(connection, plan.next, { tables: names, own: [table] }, stored?.indexes) };
}

interface Surveying {
  readonly entity: EntityModel;
  readonly tables: OpenOptions["tables"];
  /** Of all tables of this start, folded. */
  readonly names: ReadonlySet<string>;
}

interface Found {
  readonly state: EntityState;
  readonly applied: readonly Addition[];
}

function joined(parts: readonly Found[]): Survey {
  return { states: parts.map(({ state }) => state), applied: parts.flatMap(({ applied }) => applied) };
}

function surveyEntity(connection: Connection, surveying: Surveying): Found {
  const { entity } = surveying;
  let known: ContractHistory;
  try {
    known = contractHistory(connection, entity.name);
  } catch (error) {
    return refused(entity, { history: [], earlier: undefined }, [unreadable(error)]);
  }
  return known.history.length === 0
    ? surveyNew(connection, surveying, known)
    : surveyKnown(connection, surveying, known);
}

/** Where the file has no contract of it: the table is made, or taken as it is found by its columns. */
function surveyNew(connection: Connection, { entity, tables, names }: Surveying, known: ContractHistory): Found {
  const earlier = tables === "off" ? undefined : tableToRename(connection, entity);
  const taken = takenFrom(entity, earlier, (table) => otherOwner(connection, table, entity.name));
  if (taken) return refused(entity, known, [taken]);
  const own = [entity.table, ...entity.renamedFrom];
  const contract = withFreeNames(connection, contractOf(entity), { tables: names, own });
  const layout = layoutOf(entity, known, contract);
  const table = tableOf(entity, layout);
  if (tables !== "auto") {
    const drift = tables === "off" ? [] : differencesOf(connection, table);
    return { state: { ...stateOf(entity, known, drift), layout }, applied: [] };
  }
  return atomically(connection, entity, known, () => {
    const isAdopted = own.some((name) => rowsUpTo(connection, name, 1) !== undefined);
    const applied = applyTable(connection, table);
    const digest = contractDigest(contractOf(entity));
    writeContract(connection, { contract, revision: 1, digest, at: new Date().toISOString() }, isAdopted);
    return applied;
  });
}

function surveyKnown(connection: Connection, { entity, tables, names }: Surveying, known: ContractHistory): Found {
  const plan = planOf(connection, entity, known, names);
  const steps = blocking(plan);
  const waits = steps.filter(({ by }) => by !== "auto");
  const taken = new Map(steps.flatMap((step) => takenIn(connection, entity, known, step)));
  const lines = (tables === "auto" ? [...waits, ...taken.keys()] : steps).map((step) => ({
    what: taken.get(step) ?? stepLine(step),
    additive: step.by === "auto" && !taken.has(step),
  }));
  if (lines.length > 0) return refused(entity, known, lines);
  if (tables !== "auto") {
    const findings = differencesOf(connection, tableOf(withoutOldNames(entity), layoutOf(entity, known)));
    return { state: stateOf(entity, known, findings), applied: [] };
  }
  return atomically(connection, entity, known, () => carryOut(connection, entity, plan, known));
}

/**
 * A unique index that a start would build, over rows that are equal. Looked at first, because a statement that fails and is undone has
 * touched the file all the same.
 */
function takenIn(
  connection: Connection,
  entity: EntityModel,
  { history, earlier }: ContractHistory,
  step: Step,
): readonly (readonly [Step, string])[] {
  const stored = history.at(-1)?.contract;
  if (step.by !== "auto" || step.look?.kind !== "duplicates" || !stored) return [];
  const rows = rowsUpTo(connection, stored.table, sqliteAbilities.instantRows + 1);
  const misfits = findingOf(connection, { stored, earlier, entity, rows }, step)?.misfits ?? 0;
  if (misfits === 0) return [];
  return [[step, `${stepLine(step)}; ${misfits} rows have values that another row has, so it is not built`]];
}

/** Everything of a plan that is `auto`; the contract is written anew where it says something else now. */
function carryOut(
  connection: Connection,
  entity: EntityModel,
  plan: Plan,
  known: ContractHistory,
): readonly Addition[] {
  const stored = known.history.at(-1)?.contract;
  for (const { by, work } of plan.steps) {
    if (by !== "auto" || work.kind !== "drop index") continue;
    dropIndex(connection, work.physical);
  }
  const view = viewOf(plan.next, contractOf(entity));
  const table = tableOf(withoutOldNames(entity), { view, ...(known.earlier && { earlier: known.earlier }) });
  const applied = applyTable(connection, table);
  if (stored && isNews(plan, stored)) recordPlan(connection, plan);
  return applied;
}

/**
 * Whether the history has to mention it. An entity that only leaves something out changes nothing in the contract, and is mentioned too: it
 * is known by that as an older one, later.
 */
export function isNews(plan: Plan, stored: Contract, next: Contract = plan.next): boolean {
  return (!plan.isEarlier && plan.from !== plan.to) || contractText(next) !== contractText(stored);
}

/** Inside the transaction of the work. */
export function recordPlan(connection: Connection, { next, revision, to }: Plan, contract: Contract = next): void {
  writeContract(connection, { contract, revision: revision + 1, digest: to, at: new Date().toISOString() });
}

/** All of it, or nothing where something is left that cannot be added. */
function atomically(
  connection: Connection,
  entity: EntityModel,
  known: ContractHistory,
  work: () => readonly Addition[],
): Found {
  connection.exec("SAVEPOINT entity");
  const undo = (): void => connection.exec("ROLLBACK TO entity; RELEASE entity");
  try {
    const applied = work();
    const now = contractHistory(connection, entity.name);
    const left = differencesOf(connection, tableOf(withoutOldNames(entity), layoutOf(entity, now)));
    if (left.length > 0) {
      undo();
      return refused(entity, known, left);
    }
    connection.exec("RELEASE entity");
    return { state: stateOf(entity, now, []), applied };
  } catch (error) {
    if (primaryCode(codeOf(error) ?? 0) !== CODE.constraint || !connection.database.isTransaction) throw error;
    undo();
    const what = "a unique index cannot be built: several rows have equal values; pannier migrate plan counts them";
    return refused(entity, known, [{ what, additive: false }]);
  }
}

function refused(entity: EntityModel, known: ContractHistory, drift: readonly Drift[]): Found {
  return { state: stateOf(entity, known, drift), applied: [] };
}

function stateOf(entity: EntityModel, known: ContractHistory, drift: readonly Drift[]): EntityState {
  return { entity: entity.name, ...surveyedAs(entity, known, drift) };
}

function differencesOf(connection: Connection, table: Table): readonly Drift[] {
  return driftIn(findingsOf(connection, table));
}

/** Undefined where there is no such table. */
export function rowsUpTo(connection: Connection, table: string, limit: number): number | undefined {
  const isThere = connection
    .statement("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ? COLLATE NOCASE")
    .get([table]);
  if (!isThere) return undefined;
  return Number(
    connection.statement(`SELECT count(*) FROM (SELECT 1 FROM ${quote(table)} LIMIT ?)`).get([limit])?.[0] ?? 0,
  );
}
