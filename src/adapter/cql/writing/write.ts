/**
 * Writes: every one is a lightweight transaction. A row is read in the order of those transactions, `decide` says what becomes of
 * it, and that is written if the row is still what was read; what it was instead comes with the refusal, and is decided anew.
 */

import { randomUUID } from "node:crypto";
import type { Call } from "../../../model/call.ts";
import { Fault } from "../../../model/fault.ts";
import { keyText } from "../../../model/key.ts";
import type { Mutation } from "../../../model/mutation.ts";
import type { EntityRecord } from "../../../model/value.ts";
import { transition } from "../../../model/transition.ts";
import {
  NotSent,
  type Decide,
  type ImageOptions,
  type StepOutcome,
  type WriteOptions,
  type WriteOutcome,
  type WriteRequest,
  type WriteResult,
} from "../../adapter.ts";
import { outcomeOf } from "../../embedded/apply-mutation.ts";
import { OutcomeTrimmer } from "../../writing/trim-outcomes.ts";
import { sideBySide } from "../../runtime/side-by-side.ts";
import { blindWrite, sendBlind, sendBlindTogether } from "./blind.ts";
import { refuseTooLong } from "./bounds.ts";
import { writeLevels, type WriteLevels } from "../cluster/consistency.ts";
import type { CqlRow } from "../cluster/driver.ts";
import { unlessSure } from "../failure.ts";
import { insertText, removeFencedText, removeText, replaceText, type WriteText } from "./mutate.ts";
import { allColumns, asStored, encodeKey, metRow, type MetRow } from "../tables/row.ts";
import type { Session } from "../cluster/session.ts";
import type { CqlTable } from "../tables/table.ts";
import {
  giveUp,
  look,
  readFenced,
  takeValue,
  valuesOf,
  type Claiming,
  type FencedRow,
  type UniqueValue,
} from "./unique.ts";
import { performUnit, type Unit } from "./unit.ts";
import { APPLIED, ATTEMPTS, blindnessOf, pause, refuseSeen, type Writer } from "./writer.ts";

/** Mutations of one request under way at once. */
const WIDTH = 32;

/** What a mutation is done with. */
interface Deciding extends Pick<ImageOptions, "images"> {
  readonly mutation: Mutation;
  readonly decide: Decide;
  readonly levels: WriteLevels;
}

export async function writeRows(writer: Writer, request: WriteRequest, call: Call): Promise<WriteResult> {
  const { mutations, atomic, trim, images, consistency } = request;
  if (request.request || (atomic && mutations.length > 1)) return writeTogether(writer, request, call);
  const levels = writeLevels(consistency, writer.levels);
  const one = async (mutation: Mutation): Promise<WriteOutcome> => {
    const blind = blindnessOf(writer, mutation.entity);
    if (blind) return sendBlind(writer, blindWrite(writer, blind.clock, mutation, images === true), consistency, call);
    const decide: Decide = (current) => transition(mutation, current);
    return decided(writer, { mutation, decide, levels, images: images === true }, call);
  };
  const [only] = mutations;
  const outcomes =
    only && mutations.length === 1
      ? [await one(only)]
      : await sideBySide(mutations, WIDTH, (mutation) => settled(one(mutation)));
  const trimmer = new OutcomeTrimmer(trim);
  const trimmed = outcomes.map((outcome, i) => trimmer.next(outcome, mutations[i]?.entity));
  return { kind: "fresh", outcomes: trimmed };
}

async function writeTogether(
  writer: Writer,
  { mutations, ...options }: Pick<WriteRequest, "mutations"> & WriteOptions,
  call: Call,
  decide?: Decide,
): Promise<WriteResult> {
  const { images, trim, request, consistency } = options;
  const [first] = mutations;
  const blind = first && !request && !decide ? blindnessOf(writer, first.entity) : undefined;
  if (blind && mutations.every(({ entity }) => blindnessOf(writer, entity))) {
    const writes = mutations.map((mutation) => blindWrite(writer, blind.clock, mutation, images === true));
    const outcomes = await sendBlindTogether(writer, writes, blind, consistency, call);
    const trimmer = new OutcomeTrimmer(trim);
    return { kind: "fresh", outcomes: outcomes.map((outcome, i) => trimmer.next(outcome, mutations[i]?.entity)) };
  }
  const unit: Unit = {
    steps: mutations.map((mutation) => ({ kind: "write", mutation })),
    required: mutations.map(() => false),
    ...(decide && { decide }),
    images: images === true,
    trim,
    request,
    consistency,
  };
  const result = await performUnit(writer, unit, call);
  return result.kind === "reused" ? result : { ...result, outcomes: result.outcomes.map(ofWrite) };
}

function ofWrite(outcome: StepOutcome): WriteOutcome {
  if (outcome.status === "found" || outcome.status === "missing" || outcome.status === "counted")
    throw new TypeError("a write was answered as a read");
  return outcome;
}

export async function modifyRow(
  writer: Writer,
  mutation: Mutation,
  decide: Decide,
  options: WriteOptions,
  call: Call,
): Promise<WriteResult> {
  refuseSeen(writer, mutation);
  if (options.request) return writeTogether(writer, { ...options, mutations: [mutation] }, call, decide);
  const levels = writeLevels(options.consistency, writer.levels);
  const outcome = await decided(writer, { mutation, decide, levels, images: options.images === true }, call);
  return { kind: "fresh", outcomes: [new OutcomeTrimmer(options.trim).next(outcome, mutation.entity)] };
}

/** One of several fails alone. */
async function settled(outcome: Promise<WriteOutcome>): Promise<WriteOutcome> {
  return outcome.catch((error: unknown) => ({ status: "failed", error }));
}

async function decided(writer: Writer, deciding: Deciding, call: Call): Promise<WriteOutcome> {
  const { entity, key } = deciding.mutation;
  const table = writer.tableFor(entity);
  refuseTooLong(table, writer.dialect, key);
  const write = table.uniques.length > 0 ? uniqueAttempts : attempts;
  return writer.queue.run(`${entity.name} ${keyText(key)}`, call, () => write(writer, table, deciding, call));
}

/** A Create takes the row for missing, which it mostly is: what it is instead comes with the refusal. */
async function attempts(writer: Writer, table: CqlTable, deciding: Deciding, call: Call): Promise<WriteOutcome> {
  const { mutation, decide, levels } = deciding;
  let met = mutation.kind === "create" ? undefined : await readMet(writer, table, deciding, call);
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const decision = decide(met?.record);
    const settledDecision =
      decision.action === "store" ? { ...decision, record: asStored(table, decision.record) } : decision;
    const text = textOf(writer, table, deciding, settledDecision, met);
    if (!text) return outcomeOf(settledDecision, met?.record, deciding.images === true);
    const refused = await send(writer.session, text, levels, call);
    if (!refused) return outcomeOf(settledDecision, met?.record, deciding.images === true);
    met = metRow(table, refused.row, mutation.key);
    if (call.aborted) throw new NotSent("the call ended before its write was sent again"); // none of its attempts was applied
    if (attempt > 0) await pause(attempt, call);
  }
  throw new Fault("TRANSACTION_CONFLICT", "the row was changed by others each time it was to be written; try again");
}

/**
 * Of an entity with unique indexes: what the row will have to itself is taken before it is written, and what it had is given up behind that. What
 * was taken for nothing stays taken, because another write of this row may count on it: whoever wants it takes it over.
 */
async function uniqueAttempts(writer: Writer, table: CqlTable, deciding: Deciding, call: Call): Promise<WriteOutcome> {
  const { mutation, decide, levels } = deciding;
  const images = deciding.images === true;
  const claiming: Claiming = { writer, table, levels, now: mutation.now };
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    if (attempt > 0) await pause(attempt, call);
    const { met, fence } = await readFenced(claiming, table, mutation.key, call);
    const decided = decide(met?.record);
    if (decided.action === "keep" || decided.action === "reject") return outcomeOf(decided, met?.record, images);
    const decision = decided.action === "store" ? { ...decided, record: asStored(table, decided.record) } : decided;
    const record = decision.action === "store" ? decision.record : undefined;
    if (record) refuseTooLong(table, writer.dialect, mutation.key, record);
    const had = valuesOf(table, met?.record, mutation.now);
    const has = valuesOf(table, record, mutation.now);
    // By another's clock the row may have expired, and lost what it had.
    const isSure = table.entity.managed.expiresAt === undefined;
    for (const value of has) if (!isSure || !isAmong(had, value)) await takeValue(claiming, value, mutation.key, call);
    const left = had.filter((value) => !isAmong(has, value));
    const seen = await Promise.all(left.map((value) => look(claiming, value, call)));
    const text = fencedText(table, deciding, record, { met, fence });
    if (!text || !(await send(writer.session, text, levels, call))) {
      for (const [i, value] of left.entries()) await giveUp(claiming, value, seen[i], call);
      return outcomeOf(decision, met?.record, images);
    }
    if (call.aborted) throw new NotSent("the call ended before its write was sent again"); // none of its attempts was applied
  }
  throw new Fault("TRANSACTION_CONFLICT", "the row was changed by others each time it was to be written; try again");
}

function isAmong(values: readonly UniqueValue[], { id }: UniqueValue): boolean {
  return values.some((value) => value.id === id);
}

function fencedText(
  table: CqlTable,
  { mutation }: Deciding,
  record: EntityRecord | undefined,
  { met, fence }: FencedRow,
): WriteText | undefined {
  if (!record) return met && removeFencedText(table, mutation.key, met, randomUUID());
  return met ? replaceText(table, mutation, record, met) : insertText(table, mutation, record, fence);
}

type Decided = ReturnType<Decide>;

/** Undefined where nothing is to be written. */
function textOf(
  { dialect }: Writer,
  table: CqlTable,
  { mutation }: Deciding,
  decision: Decided,
  met: MetRow | undefined,
): WriteText | undefined {
  switch (decision.action) {
    case "store":
      refuseTooLong(table, dialect, mutation.key, decision.record);
      return met ? replaceText(table, mutation, decision.record, met) : insertText(table, mutation, decision.record);
    case "remove":
      return met && removeText(table, mutation.key, met);
    case "keep":
    case "reject":
      return undefined;
  }
}

/** As it is in the order of lightweight transactions. */
async function readMet(
  { session }: Writer,
  table: CqlTable,
  { mutation, levels }: Deciding,
  call: Call,
): Promise<MetRow | undefined> {
  const text = `SELECT ${allColumns(table)} FROM ${table.sql} WHERE ${table.whereKey}`;
  const parameters = encodeKey(table, mutation.key);
  const { rows } = await session.run({ text, parameters, consistency: levels.serial, isRead: true }, call);
  return metRow(table, rows[0], mutation.key);
}

interface Refused {
  /** Undefined where no row is there. */
  readonly row: CqlRow | undefined;
}

/** Undefined where it was applied. */
async function send(session: Session, text: WriteText, levels: WriteLevels, call: Call): Promise<Refused | undefined> {
  try {
    const statement = { ...text, consistency: levels.commit, serial: levels.serial, isRead: false };
    const { rows } = await session.run(statement, call);
    const [answer] = rows;
    return answer?.[APPLIED] === true ? undefined : { row: answer };
  } catch (error) {
    throw unlessSure(error, "decided");
  }
}
