/** Writes: every mutation by itself, in the order of its row, or all of a request together. */

import type { Call } from "../../../model/call.ts";
import { keyText } from "../../../model/key.ts";
import type { Mutation } from "../../../model/mutation.ts";
import type { EntityRecord } from "../../../model/value.ts";
import { transition } from "../../../model/transition.ts";
import { NotSent } from "../../adapter.ts";
import type {
  Decide,
  ExecuteRequest,
  ExecuteResult,
  WriteOptions,
  WriteOutcome,
  WriteRequest,
  WriteResult,
} from "../../adapter.ts";
import type { RowQueue } from "../../writing/row-queue.ts";
import { OutcomeTrimmer } from "../../writing/trim-outcomes.ts";
import { OutcomeUnknown } from "../../runtime/link-failure.ts";
import { sideBySide } from "../../runtime/side-by-side.ts";
import type { Item } from "../driver.ts";
import { nativeWrite } from "./native.ts";
import { metRow, type Table } from "../items/table.ts";
import { sendNative } from "./transact.ts";
import { writeUnit, type Unit, type UnitResult, type Writer } from "./unit.ts";

/** Mutations of one request under way at once. */
const WIDTH = 32;

export interface QueuedWriter extends Writer {
  readonly queue: RowQueue;
}

export async function writeRows(writer: QueuedWriter, request: WriteRequest, call: Call): Promise<WriteResult> {
  const { mutations, atomic, trim } = request;
  const [only] = mutations;
  if (only && mutations.length === 1) return writeAlone(writer, only, request, call);
  if (atomic) return writeUnit(writer, { ...unitOf(request), steps: stepsOf(mutations) }, call);
  const trimmer = new OutcomeTrimmer(trim);
  const untrimmed = { returning: request.returning, consistency: undefined, images: request.images === true };
  // Those of one row keep their order, because each takes its place in the queue when it begins.
  const areApart = new Set(mutations.map(rowOf)).size === mutations.length;
  const outcomes = await sideBySide(mutations, WIDTH, async (mutation): Promise<WriteOutcome> => {
    try {
      const result = areApart
        ? await writeAlone(writer, mutation, untrimmed, call)
        : await writeOne(writer, mutation, decideBy(mutation), untrimmed, call);
      const [outcome] = result.kind === "reused" ? [] : result.outcomes;
      return outcome ?? { status: "skipped" };
    } catch (error) {
      return { status: "failed", error };
    }
  });
  return { kind: "fresh", outcomes: outcomes.map((outcome, i) => trimmer.next(outcome, mutations[i]?.entity)) };
}

/** What the database decides by itself waits for no other writer of its row. */
async function writeAlone(
  writer: QueuedWriter,
  mutation: Mutation,
  options: WriteOptions,
  call: Call,
): Promise<UnitResult> {
  const isPlain = !options.request && options.images !== true;
  const table = writer.tableFor(mutation.entity);
  const native = isPlain ? nativeWrite(table, mutation) : undefined;
  if (!native) return writeOne(writer, mutation, decideBy(mutation), options, call);
  if (call.aborted) throw new NotSent("the call ended before its write was sent");
  const sent = await sendNative(writer.session, native, call);
  if (sent.kind !== "done") {
    const met = sent.kind === "refused" ? { met: { item: sent.item } } : {};
    return writeOne(writer, mutation, decideBy(mutation), { ...options, ...met }, call);
  }
  const record = options.returning ? readBack(table, sent.item) : undefined;
  const outcome: WriteOutcome = { status: "applied", created: false, found: true, ...(record && { record }) };
  return { kind: "fresh", outcomes: [new OutcomeTrimmer(options.trim).next(outcome, mutation.entity)] };
}

/** It is written; what cannot be read of it was there before. */
function readBack(table: Table, item: Item | undefined): EntityRecord | undefined {
  try {
    return metRow(table, item)?.record;
  } catch (error) {
    throw new OutcomeUnknown(error);
  }
}

export function modifyRow(
  writer: QueuedWriter,
  mutation: Mutation,
  decide: Decide,
  options: WriteOptions,
  call: Call,
): Promise<WriteResult> {
  return writeOne(writer, mutation, decide, options, call);
}

/** Steps that all write: what is read beside them would not be of one state. */
export async function executeSteps(writer: QueuedWriter, request: ExecuteRequest, call: Call): Promise<ExecuteResult> {
  const mutations = request.steps.flatMap((step) => (step.kind === "write" ? [step.mutation] : []));
  if (mutations.length !== request.steps.length) throw new TypeError("a read in an Execute was not refused");
  return writeUnit(writer, { ...unitOf(request), steps: stepsOf(mutations) }, call);
}

/** Within this process one after the other: racing each other they would mostly try again. */
function writeOne(
  writer: QueuedWriter,
  mutation: Mutation,
  decide: Decide,
  options: WriteOptions & Pick<Unit, "met">,
  call: Call,
): Promise<UnitResult> {
  const { met } = options;
  const unit: Unit = { ...unitOf(options), steps: [{ mutation, decide }], ...(met && { met }) };
  return writer.queue.run(rowOf(mutation), call, () => writeUnit(writer, unit, call));
}

/** Equal exactly for one row. */
function rowOf({ entity, key }: Mutation): string {
  return `${entity.name} ${keyText(key)}`;
}

function unitOf({ images, request, trim }: Pick<WriteOptions, "images" | "request" | "trim">): Omit<Unit, "steps"> {
  return { images: images === true, request, trimmer: () => new OutcomeTrimmer(trim) };
}

function stepsOf(mutations: readonly Mutation[]): Unit["steps"] {
  return mutations.map((mutation) => ({ mutation, decide: decideBy(mutation) }));
}

function decideBy(mutation: Mutation): Decide {
  return (current) => transition(mutation, current);
}

/** What a unit takes of the items of one transaction: a row, and for each unique value the one that goes and the one that comes. */
export function unitCost(mutations: readonly Mutation[]): number {
  return mutations.reduce((sum, { kind, entity }) => {
    const unique = entity.indexes.filter((index) => index.unique).length;
    return sum + 1 + unique * (kind === "create" || kind === "delete" ? 1 : 2);
  }, 0);
}
