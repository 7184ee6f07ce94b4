/** What becomes of the entities in a database: how their rows lie, what was done at the start, and what keeps one from being served. */

import { contractDigest, contractText } from "../../../../migration/contract-text.ts";
import { historyOf, otherOwner, type Contracts } from "../../../../migration/contract-rows.ts";
import { contractOf, type StoredContract } from "../../../../migration/contract.ts";
import { planChange, viewOf } from "../../../../migration/plan-change.ts";
import { driftOf, type Drift } from "../../../../migration/drift.ts";
import type { Plan, StoreAbilities } from "../../../../migration/plan.ts";
import type { EntityModel } from "../../../../model/entity.ts";
import type { OpenOptions } from "../../../opening.ts";
import { uniqueNameOf } from "../../index-name.ts";
import { driftIn, layoutOf, surveyedAs, takenFrom, unreadable, type Surveyed } from "../../surveyed.ts";
import { tableOf, type Table } from "../../table.ts";
import { misfits } from "./misfit.ts";
import { nameOf, NOT_UNIQUE, type Unbuildable } from "./build-indexes.ts";
import { applyTable, findingsOf, tableToRename, type Catalog, type PendingIndex } from "./catalog.ts";
import { readContracts, UNREAD, writeContract } from "./contracts.ts";
import { isPassing, isRefused, unlessRefused, type ServerFailures } from "../failure.ts";
import { applyForeignKeys, foreignKeysOf, missingKeys, releasing, standIns, type ForeignKey } from "./references.ts";
import { asKept, newerIn, OWN, type Newer } from "./newer.ts";
import { CONTRACTS } from "./meta.ts";
import { putOff } from "./put-off.ts";
import type { ServerDialect } from "../server-dialect.ts";
import type { Run } from "../transaction.ts";

export interface EntityState extends Surveyed, Newer {
  readonly entity: EntityModel;
}

export interface Survey {
  readonly states: readonly EntityState[];
  readonly applied: readonly string[];
  /** Whether the tables that Pannier keeps for itself are there. */
  readonly hasMeta: boolean;
  /** Indexes that are to be built while others write, before their entities are served. */
  readonly pending: readonly PendingIndex[];
  readonly foreignKeys: readonly ForeignKey[];
  /** Whether a change was left because of what lay in the moment, so that the next look may make it. */
  readonly isPutOff: boolean;
}

export interface Surveyor {
  readonly dialect: ServerDialect;
  readonly catalog: Catalog;
  readonly failures: ServerFailures;
  readonly abilities: StoreAbilities;
  /** What was found out by trying. */
  readonly unbuildable?: Unbuildable;
}

/** Inside a transaction, which `auto` commits; outside of any where changes to tables know none, and then `auto` is under a lock. `auto` changes what may be changed at a start; the others change nothing. */
export async function survey(
  surveyor: Surveyor,
  run: Run,
  entities: readonly EntityModel[],
  tables: OpenOptions["tables"],
): Promise<Survey> {
  const { catalog, dialect } = surveyor;
  if (tables === "auto") {
    await catalog.lock?.(run);
    await makeMeta(catalog, run);
  }
  const hasMeta = (await catalog.describe(run, CONTRACTS)) !== undefined;
  const read = async (): Promise<Contracts> => (hasMeta ? readContracts(run, dialect) : new Map());
  const contracts = await unlessRefused(surveyor.failures, undoing({ run, catalog }, read));
  if (!contracts) return nothingKnown(entities);
  const states: EntityState[] = [];
  const applied: string[] = [];
  const pending: PendingIndex[] = [];
  let isPutOff = false;
  for (const entity of entities) {
    const surveyed = await surveyEntity({ ...surveyor, run, contracts, tables }, entity);
    states.push(surveyed.state);
    applied.push(...surveyed.applied);
    pending.push(...(surveyed.pending ?? []));
    isPutOff ||= surveyed.isPutOff === true;
  }
  const keyed = await surveyReferences({ ...surveyor, run, contracts, tables }, states);
  isPutOff ||= keyed.isPutOff;
  return { ...keyed, applied: [...applied, ...keyed.applied], hasMeta, pending, isPutOff };
}

function nothingKnown(entities: readonly EntityModel[]): Survey {
  const states = entities.map((entity) => stateOf(entity, [], [UNREAD]));
  return { states, applied: [], hasMeta: false, pending: [], foreignKeys: [], isPutOff: false };
}

/** What is there is not named in a statement that would make it: such a one waits for those who write there, and asks for leave to make tables. */
async function makeMeta(catalog: Catalog, run: Run): Promise<void> {
  for (const { table, index, sql } of catalog.meta) {
    const there = await catalog.describe(run, table);
    if (there && (index === undefined || there.indexes.has(index))) continue;
    await run({ text: sql, parameters: [] });
  }
}

type Keyed = Pick<Survey, "states" | "applied" | "foreignKeys" | "isPutOff">;

/** Once all tables are there. A reference that cannot be enforced takes its entity out. */
async function surveyReferences(surveying: Surveying, states: readonly EntityState[]): Promise<Keyed> {
  const { run, dialect, failures, catalog, tables } = surveying;
  const placed = new Map(states.map((state) => [state.entity.name, state]));
  const applied: string[] = [];
  const foreignKeys: ForeignKey[] = [];
  const after: EntityState[] = [];
  let isPutOff = false;
  for (const state of states) {
    const references = foreignKeysOf(state, placed);
    const { keys, drift } = references;
    if (tables === "off" || state.drift.length > 0 || keys.length + drift.length === 0) {
      after.push(state);
      continue;
    }
    const there = new Set(await catalog.foreignKeys(run, state.layout.view.table));
    const tried = (work: () => Promise<void>): Promise<void> => undoing(surveying, work);
    const done =
      tables === "auto"
        ? await applyForeignKeys({ run, dialect, failures, there, tried }, state, references)
        : { applied: [], drift: missingKeys(state, references, there).map(unenforced), isPutOff: false };
    isPutOff ||= done.isPutOff;
    applied.push(...done.applied);
    foreignKeys.push(...keys);
    after.push({ ...state, drift: [...drift, ...done.drift] });
  }
  return { states: after, applied, foreignKeys, isPutOff };
}

function unenforced({ field }: ForeignKey): Drift {
  return { what: `the reference ${field.name} is not enforced yet`, additive: true };
}

/** What fails is undone, where the server can, and nothing else of the transaction is. */
async function undoing<Result>(
  { run, catalog }: Pick<Surveying, "run" | "catalog">,
  work: () => Promise<Result>,
): Promise<Result> {
  if (!catalog.isTransactional) return work();
  const say = async (text: string): Promise<void> => void (await run({ text, parameters: [] }));
  await say("SAVEPOINT part");
  try {
    return await work();
  } catch (error) {
    await say("ROLLBACK TO SAVEPOINT part");
    throw error;
  } finally {
    await say("RELEASE SAVEPOINT part");
  }
}

interface Surveying extends Surveyor {
  readonly run: Run;
  readonly contracts: Contracts;
  readonly tables: OpenOptions["tables"];
}

interface Found {
  readonly state: EntityState;
  readonly applied: readonly string[];
  readonly pending?: readonly PendingIndex[];
  /** As `Survey.isPutOff`. */
  readonly isPutOff?: boolean;
}

async function surveyEntity(surveying: Surveying, entity: EntityModel): Promise<Found> {
  const known = await knownOf(surveying, entity);
  if ("drift" in known) return refused(entity, [], [known.drift]);
  const { history } = known;
  return history.length === 0 ? surveyNew(surveying, entity) : surveyKnown(surveying, entity, history);
}

/** The contracts of an entity, oldest first, or what keeps it from being compared with them. */
export async function knownOf(
  { catalog, run, contracts, tables }: Pick<Surveying, "catalog" | "run" | "contracts" | "tables">,
  entity: EntityModel,
): Promise<{ readonly history: readonly StoredContract[] } | { readonly drift: Drift }> {
  // With `tables: off` it is served as what others made, where it holds the entity.
  if (tables !== "off" && (await catalog.isServers?.(run, entity.table))) return { drift: serversOwn(entity) };
  try {
    return { history: historyOf(contracts, entity.name) };
  } catch (error) {
    return { drift: unreadable(error) };
  }
}

function serversOwn({ table }: EntityModel): Drift {
  return { what: `the name ${table} is the server's own; give the entity another \`table\``, additive: false };
}

/** Where the database has no contract of it: the table is made, or taken as it is found by its columns. */
async function surveyNew(surveying: Surveying, entity: EntityModel): Promise<Found> {
  const { dialect, catalog, run, tables, contracts } = surveying;
  const earlier = tables === "off" ? undefined : await tableToRename(run, catalog, entity);
  const taken = takenFrom(entity, earlier, (each) => otherOwner(contracts, each, entity.name));
  if (taken) return refused(entity, [], [taken]);
  const contract = contractOf(entity);
  const table = tableOf(dialect, entity, layoutOf(entity, { history: [] }));
  if (tables === "off") return surveyForeign(surveying, entity);
  if (tables !== "auto") return { state: stateOf(entity, [], await differencesOf(surveying, table)), applied: [] };
  const found = await counted(surveying, earlier ?? entity.table);
  if ("drift" in found) return { ...refused(entity, [], [found.drift]), isPutOff: found.isPutOff };
  return atomically(surveying, entity, [], async () => {
    const { done: applied, pending, left } = await applyTable(run, catalog, table, isLarge(surveying, found.rows));
    if (pending.length + left.length > 0) return { applied, history: [], pending, left };
    const first = { contract, revision: 1, digest: contractDigest(contract), at: new Date().toISOString() };
    await writeContract(run, dialect, first);
    return { applied, history: [first] };
  });
}

/** A table or a view of others: nothing is asked of it but columns that hold the fields. */
async function surveyForeign({ run, catalog, dialect }: Surveying, entity: EntityModel): Promise<Found> {
  const found = (await catalog.describe(run, entity.table))?.columns;
  const drift = found ? misfits(dialect, entity, found) : ["the table is missing"];
  const known = { history: [], ...(found && { found }) };
  const lines = drift.map((what) => ({ what, additive: false }));
  return { state: { entity, ...OWN, ...surveyedAs(entity, known, lines) }, applied: [] };
}

async function surveyKnown(
  surveying: Surveying,
  entity: EntityModel,
  history: readonly StoredContract[],
): Promise<Found> {
  const { abilities, dialect, tables } = surveying;
  const stored = history.at(-1)?.contract;
  const found = await counted(surveying, stored?.table ?? entity.table);
  if ("drift" in found) return { ...refused(entity, history, [found.drift]), isPutOff: found.isPutOff };
  const { rows } = found;
  const plan = planChange({ wanted: contractOf(entity), history, abilities, rows });
  const lines = driftOf(plan, tables === "auto");
  if (lines.length > 0) return refused(entity, history, lines);
  if (tables !== "auto") {
    const table = tableOf(dialect, asKept(entity, history), layoutOf(entity, { history }));
    const drift = tables === "off" ? [] : await differencesOf(surveying, table);
    return { state: stateOf(entity, history, drift), applied: [] };
  }
  return atomically(surveying, entity, history, () =>
    carryOut(surveying, entity, { plan, history, isLarge: isLarge(surveying, rows) }),
  );
}

/** Whether building an index over so many rows takes longer than others' writes should wait. */
function isLarge({ abilities }: Surveying, rows: number | undefined): boolean {
  return rows !== undefined && rows > abilities.instantRows;
}

interface Done {
  readonly applied: readonly string[];
  readonly history: readonly StoredContract[];
  readonly pending?: readonly PendingIndex[];
  /** As `Applied.left`. */
  readonly left?: readonly string[];
}

interface Planned {
  readonly plan: Plan;
  readonly history: readonly StoredContract[];
  readonly isLarge: boolean;
}

/** Everything of a plan that is `auto`; the contract is written anew, once all is done, where it says something else now. */
async function carryOut({ run, dialect, catalog }: Surveying, entity: EntityModel, planned: Planned): Promise<Done> {
  const { plan, history } = planned;
  const stored = history.at(-1)?.contract;
  const view = viewOf(plan.next, contractOf(entity));
  const table = tableOf(dialect, asKept(entity, history), { view });
  // Before the columns, whose types servers do not change under a foreign key.
  for (const { by, work } of plan.steps) {
    if (by !== "auto" || work.kind !== "drop reference") continue;
    const there = await catalog.foreignKeys(run, table.name);
    const indexes = (await catalog.describe(run, table.name))?.indexes ?? new Map<string, unknown>();
    const texts = releasing(dialect, { entity, number: work.number }, { table: table.name, there, indexes });
    for (const text of texts) await run({ text, parameters: [] });
  }
  const { done: applied, pending, left } = await applyTable(run, catalog, table, planned.isLarge);
  if (pending.length + left.length > 0) return { applied, history, pending, left };
  // Once those are there that take their place: rows must not be free of both meanwhile.
  for (const { by, work } of plan.steps) {
    if (by !== "auto" || work.kind !== "drop index") continue;
    for (const dropped of [work.physical, uniqueNameOf(work.physical)]) {
      const indexes = (await catalog.describe(run, table.name))?.indexes;
      if (!indexes?.has(dropped)) continue;
      const texts = standIns(dialect, { entity, layout: { view } }, { dropped, indexes });
      for (const text of [...texts, dialect.dropIndex(table.name, dropped)]) await run({ text, parameters: [] });
    }
  }
  if (!stored || contractText(plan.next) === contractText(stored)) return { applied, history };
  const next = { contract: plan.next, revision: plan.revision + 1, digest: plan.to, at: new Date().toISOString() };
  await writeContract(run, dialect, next);
  return { applied, history: [...history, next] };
}

/** All of it, or nothing where something is left that cannot be added and the server can undo. */
async function atomically(
  surveying: Surveying,
  entity: EntityModel,
  history: readonly StoredContract[],
  work: () => Promise<Done>,
): Promise<Found> {
  const { run, dialect, failures, catalog } = surveying;
  const say = async (text: string): Promise<void> =>
    catalog.isTransactional ? void (await run({ text, parameters: [] })) : undefined;
  await say("SAVEPOINT entity");
  const undo = async (): Promise<void> => {
    await say("ROLLBACK TO SAVEPOINT entity");
    await say("RELEASE SAVEPOINT entity");
  };
  try {
    const done = await work();
    if (done.pending) {
      await say("RELEASE SAVEPOINT entity");
      const drift = [
        ...(done.left ?? []).map((what) => ({ what, additive: false })),
        ...done.pending.map((index) => unbuilt(index, surveying.unbuildable)),
      ];
      return { ...refused(entity, history, drift), applied: done.applied, pending: done.pending };
    }
    const table = tableOf(dialect, asKept(entity, done.history), layoutOf(entity, { history: done.history }));
    const left = await differencesOf(surveying, table);
    if (left.length > 0) {
      await undo();
      return refused(entity, history, left);
    }
    await say("RELEASE SAVEPOINT entity");
    return { state: stateOf(entity, done.history, []), applied: done.applied };
  } catch (error) {
    const code = failures.codeOf(error);
    if (code === undefined) throw error;
    await undo(); // fails where the connection does
    if (isPassing(failures, code)) {
      const what = `the table is not changed yet: ${putOff(code)}`;
      return { ...refused(entity, history, [{ what, additive: true }]), isPutOff: true };
    }
    const what = failures.isUnique(code)
      ? `a unique index cannot be built: ${NOT_UNIQUE}`
      : `the server refused to change the table (code ${code})`;
    return refused(entity, history, [{ what, additive: false }]);
  }
}

function unbuilt(pending: PendingIndex, unbuildable: Unbuildable | undefined): Drift {
  const why = unbuildable?.get(nameOf(pending));
  if (why !== undefined) return { what: why, additive: false };
  const { index } = pending;
  return { what: `the index ${index.name} is being built, beside those who write`, additive: true };
}

function refused(entity: EntityModel, history: readonly StoredContract[], drift: readonly Drift[]): Found {
  return { state: stateOf(entity, history, drift), applied: [] };
}

function stateOf(entity: EntityModel, history: readonly StoredContract[], drift: readonly Drift[]): EntityState {
  const surveyed = surveyedAs(entity, { history }, drift);
  return { entity, ...surveyed, ...newerIn(history, surveyed.digest.entity) };
}

async function differencesOf({ run, catalog }: Surveying, table: Table): Promise<readonly Drift[]> {
  return driftIn(await findingsOf(run, catalog, table));
}

/** Rows as far as it matters; what keeps them from being counted is that entity's trouble, and nobody else's. */
async function counted(
  surveying: Surveying,
  table: string,
): Promise<{ readonly rows: number | undefined } | { readonly drift: Drift; readonly isPutOff: boolean }> {
  const { failures, abilities } = surveying;
  try {
    return await undoing(surveying, async () => ({
      rows: await rowsUpTo(surveying, table, abilities.instantRows + 1),
    }));
  } catch (error) {
    const code = failures.codeOf(error);
    if (code !== undefined && isPassing(failures, code))
      return {
        drift: { what: `the table ${table} is not looked at yet: ${putOff(code)}`, additive: true },
        isPutOff: true,
      };
    if (!isRefused(failures, error)) throw error;
    const what = `the table ${table} cannot be read: the server does not let the user of the store`;
    return { drift: { what, additive: false }, isPutOff: false };
  }
}

/** Undefined where there is no such table. */
export async function rowsUpTo(
  { run, catalog, dialect }: Pick<Surveying, "run" | "catalog" | "dialect">,
  table: string,
  limit: number,
): Promise<number | undefined> {
  if (!(await catalog.describe(run, table))) return undefined;
  const text = `SELECT count(*) FROM (SELECT 1 FROM ${dialect.quote(table)} LIMIT ${limit}) AS some_rows`;
  return Number((await run({ text, parameters: [] })).rows[0]?.[0] ?? 0);
}
