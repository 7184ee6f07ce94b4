/**
 * Several steps as one, within one partition: its rows are read in the order of lightweight transactions, the steps are decided one after
 * the other on what was read, and one batch writes what became of them, applied only where every row is still what it was.
 */

import type { Call } from "../../../model/call.ts";
import type { EntityModel } from "../../../model/entity.ts";
import { Fault } from "../../../model/fault.ts";
import { keyText, type EntityKey, type Key } from "../../../model/key.ts";
import type { Mutation } from "../../../model/mutation.ts";
import type { Consistency } from "../../../model/query.ts";
import { transition } from "../../../model/transition.ts";
import type { EntityRecord } from "../../../model/value.ts";
import { isVisible } from "../../../model/visibility.ts";
import { entityOf, onlyThisSaysWhy, succeeds } from "../../writing/all-or-nothing.ts";
import {
  NotSent,
  type Decide,
  type ExecuteRequest,
  type ExecuteResult,
  type ExecuteStep,
  type RecordedRequest,
  type StepOutcome,
  type Trim,
} from "../../adapter.ts";
import { tooManyToCount } from "../../capabilities.ts";
import { withoutImages } from "../../writing/derived-rows.ts";
import { outcomeOf } from "../../embedded/apply-mutation.ts";
import { OutcomeTrimmer } from "../../writing/trim-outcomes.ts";
import { refuseTooLong } from "./bounds.ts";
import { writeLevels, type WriteLevels } from "../cluster/consistency.ts";
import { unlessSure } from "../failure.ts";
import { absentText, insertText, removeText, replaceText, type WriteText } from "./mutate.ts";
import { readRecord, recordText, type RecordPlace, type StoredRecord } from "./request-record.ts";
import { allColumns, asStored, encodeKey, metRow, type MetRow } from "../tables/row.ts";
import type { CqlTable } from "../tables/table.ts";
import { APPLIED, ATTEMPTS, pause, refuseSeen, type Writer } from "./writer.ts";

/** Steps that happen together or not at all. */
export interface Unit extends Pick<ExecuteRequest, "steps" | "required"> {
  /** What decides instead of the table of row states; of a write of one row. */
  readonly decide?: Decide;
  readonly images: boolean;
  readonly trim: Trim | undefined;
  readonly request: RecordedRequest | undefined;
  readonly consistency: Consistency | undefined;
}

/** A row of the unit: as it was met, and as the steps so far leave it. */
interface UnitRow {
  readonly key: Key;
  /** Of the step that looked at it last. */
  now: bigint;
  readonly met: MetRow | undefined;
  record: EntityRecord | undefined;
}

interface Context {
  readonly writer: Writer;
  readonly unit: Unit;
  readonly table: CqlTable;
  readonly keys: readonly Key[];
  readonly entities: readonly EntityModel[];
  readonly levels: WriteLevels;
  readonly place: RecordPlace | undefined;
}

export async function performUnit(writer: Writer, unit: Unit, call: Call): Promise<ExecuteResult> {
  if (unit.steps.some(({ kind }) => kind === "count")) throw tooManyToCount(0);
  const places = unit.steps.flatMap((step) => placeOf(step) ?? []);
  const [first] = places;
  if (!first) return { kind: "fresh", outcomes: [] };
  const keys = [...new Map(places.map(({ key }) => [keyText(key), key])).values()];
  const table = writer.tableFor(first.entity);
  const { request } = unit;
  if (table.uniques.length > 0) throw isWrittenAlone(table);
  for (const step of unit.steps) if (step.kind === "write") refuseSeen(writer, step.mutation);
  refuseWider(table, places, request);
  for (const key of keys) refuseTooLong(table, writer.dialect, key);
  const context: Context = {
    writer,
    unit,
    table,
    keys,
    entities: unit.steps.map(entityOf),
    levels: writeLevels(unit.consistency, writer.levels),
    place: request && { table, key: first.key, request },
  };
  const rows = keys.map((key) => `${first.entity.name} ${keyText(key)}`).toSorted();
  return inTurnOfAll(writer, rows, call, () => attempts(context, call));
}

function isWrittenAlone({ entity }: CqlTable): Fault {
  return new Fault(
    "CAPABILITY_MISSING",
    `rows of ${entity.name} have unique indexes, and are written one at a time in this store; send each by itself, without a request_id`,
    { entity: entity.name, metadata: { capability: "partition_batch" } },
  );
}

function placeOf(step: ExecuteStep): EntityKey | undefined {
  if (step.kind === "count") return undefined;
  return step.kind === "read" ? step.key : step.mutation;
}

/** The repository refuses it before; whoever asks the adapter itself is not answered with half of it. */
function refuseWider(table: CqlTable, places: readonly EntityKey[], request: RecordedRequest | undefined): void {
  const partition = ({ key }: EntityKey): string => keyText(key.slice(0, table.partition.length));
  const [first] = places;
  const isOne = places.every((each) => first && each.entity === table.entity && partition(each) === partition(first));
  const lacks = !isOne
    ? "partition_batch"
    : request && table.clustering.length === 0
      ? "partition_request_id"
      : undefined;
  if (lacks === undefined) return;
  const message = isOne
    ? "a request_id needs a key with fields behind its partition in this store"
    : "this store writes rows of one partition together, and no others";
  throw new Fault("CAPABILITY_MISSING", message, { metadata: { capability: lacks } });
}

/** Holds the turn of every row, taken in one order by all, so that no two units wait for each other. */
function inTurnOfAll<Result>(
  writer: Writer,
  [row, ...others]: readonly string[],
  call: Call,
  work: () => Promise<Result>,
): Promise<Result> {
  if (row === undefined) return work();
  return writer.queue.run(row, call, () => inTurnOfAll(writer, others, call, work));
}

async function attempts(context: Context, call: Call): Promise<ExecuteResult> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    if (attempt > 0) await pause(attempt, call);
    const result = await once(context, call);
    if (result) return result;
    if (call.aborted) throw new NotSent("the call ended before its unit was sent again"); // none of its attempts was applied
  }
  throw new Fault("TRANSACTION_CONFLICT", "rows were changed by others each time they were to be written; try again");
}

/** Undefined where a row or the record was another one by then. */
async function once(context: Context, call: Call): Promise<ExecuteResult | undefined> {
  const { unit, writer, table, place, entities, levels } = context;
  const rows = await readUnit(context, call);
  // Behind the rows: whoever sees what the request has written must see its record, or would refuse a repeat for its own work.
  const record = place && (await readRecord(writer.session, place, entities, levels.serial, call));
  if (record?.recalled) return record.recalled;
  const trimmer = new OutcomeTrimmer(unit.trim);
  const outcomes: StepOutcome[] = [];
  for (const [i, step] of unit.steps.entries()) {
    const outcome = trimmer.next(take(context, rows, step), table.entity);
    if (!succeeds(outcome, unit.required[i] === true))
      return { kind: "fresh", outcomes: onlyThisSaysWhy(unit.steps, i, outcome) };
    outcomes.push(outcome);
  }
  const statements = textsOf(context, rows, outcomes, record);
  // One SELECT read them all, so what nothing is written for is of one state.
  const isDone = statements.length === 0 || (await isApplied(context, statements, call));
  return isDone ? { kind: "fresh", outcomes } : undefined;
}

/** All rows in one SELECT, as they are in the order of lightweight transactions. */
async function readUnit({ writer, table, keys, levels }: Context, call: Call): Promise<ReadonlyMap<string, UnitRow>> {
  const select = `SELECT ${allColumns(table)} FROM ${table.sql} WHERE`;
  const [first = []] = keys;
  const encoded = encodeKey(table, first);
  const width = table.partition.length;
  const places = table.clustering.map(() => "?").join(", ");
  const clustering = `(${table.clustering.map(({ sql }) => sql).join(", ")})`;
  const statement =
    keys.length === 1
      ? { text: `${select} ${table.whereKey}`, parameters: encoded }
      : {
          text: `${select} ${table.wherePartition} AND ${clustering} IN (${keys.map(() => `(${places})`).join(", ")})`,
          parameters: [...encoded.slice(0, width), ...keys.flatMap((key) => encodeKey(table, key).slice(width))],
        };
  const { rows } = await writer.session.run({ ...statement, consistency: levels.serial, isRead: true }, call);
  const met = new Map<string, MetRow>();
  for (const row of rows) {
    const one = metRow(table, row);
    if (one) met.set(keyText(table.entity.key.map(({ ordinal }) => one.record[ordinal] ?? "")), one);
  }
  return new Map(
    keys.map((key) => {
      const row = met.get(keyText(key));
      return [keyText(key), { key, now: 0n, met: row, record: row?.record }];
    }),
  );
}

/** Decided on what the steps before it leave. */
function take({ writer, unit, table }: Context, rows: ReadonlyMap<string, UnitRow>, step: ExecuteStep): StepOutcome {
  const place = placeOf(step);
  const row = place && rows.get(keyText(place.key));
  if (!row || step.kind === "count") throw new TypeError("a step of a unit has no row");
  if (step.kind === "read") {
    row.now = step.visible.now > row.now ? step.visible.now : row.now;
    const isThere = row.record && isVisible(table.entity, row.record, step.visible);
    return isThere && row.record ? { status: "found", record: row.record } : { status: "missing" };
  }
  return write({ writer, unit, table }, row, step.mutation);
}

function write(
  { writer, unit, table }: Pick<Context, "writer" | "unit" | "table">,
  row: UnitRow,
  mutation: Mutation,
): StepOutcome {
  const decision = unit.decide ? unit.decide(row.record) : transition(mutation, row.record);
  const before = row.record;
  row.now = mutation.now;
  if (decision.action === "remove") row.record = undefined;
  if (decision.action !== "store") return outcomeOf(decision, before, unit.images);
  const record = asStored(table, decision.record);
  try {
    refuseTooLong(table, writer.dialect, row.key, record);
  } catch (error) {
    return { status: "failed", error };
  }
  row.record = record;
  return outcomeOf({ ...decision, record }, before, unit.images);
}

/** One statement a row, those included that were only looked at: the batch is applied only where they are what was seen. */
function textsOf(
  { unit, table, place, entities }: Context,
  rows: ReadonlyMap<string, UnitRow>,
  outcomes: readonly StepOutcome[],
  record: StoredRecord | undefined,
): readonly WriteText[] {
  if (!place && unit.steps.every(({ kind }) => kind === "read")) return [];
  const texts = [...rows.values()].map((row) => textOf(table, row));
  return place && record ? [...texts, recordText(place, outcomes.map(withoutImages), entities, record)] : texts;
}

function textOf(table: CqlTable, row: UnitRow): WriteText {
  const { key, met, record } = row;
  if (met) return record ? replaceText(table, row, record, met) : removeText(table, key, met);
  return record ? insertText(table, row, record) : absentText(table, key);
}

async function isApplied({ writer, levels }: Context, statements: readonly WriteText[], call: Call): Promise<boolean> {
  try {
    const unit = { statements, consistency: levels.commit, serial: levels.serial };
    const { rows } = await writer.session.runTogether(unit, call);
    return rows[0]?.[APPLIED] === true;
  } catch (error) {
    throw unlessSure(error, "decided");
  }
}
