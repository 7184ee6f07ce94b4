/** The one that writes: runs the jobs of a group one after the other, each on what those before it left, and commits them together. */

import type { EntityModel } from "../../model/entity.ts";
import { Fault } from "../../model/fault.ts";
import type { Decision, Mutation } from "../../model/mutation.ts";
import type { EntityRecord } from "../../model/value.ts";
import { transition } from "../../model/transition.ts";
import { isExpired, isVisible } from "../../model/visibility.ts";
import type {
  ExecuteRequest,
  ExecuteStep,
  ImageOptions,
  RecordedRequest,
  StepOutcome,
  Trim,
  WriteOutcome,
  WriteRequest,
} from "../adapter.ts";
import { pacer } from "../runtime/pacer.ts";
import { OutcomeTrimmer } from "../writing/trim-outcomes.ts";
import { entityOf, onlyThisSaysWhy, succeeds } from "../writing/all-or-nothing.ts";
import { applyMutation, type StepRows } from "./apply-mutation.ts";
import type { Derivations } from "../derivation.ts";
import { withDerived } from "../writing/derived-rows.ts";
import type { FailedAnswer, QueueRunner } from "./write-queue.ts";
import type { ByteStore } from "../ordered/byte-store.ts";
import { countRows } from "../ordered/read-plan.ts";
import { forgottenAt } from "../writing/recorded-request.ts";
import { forget, recallIn, record } from "./request-records.ts";
import { expiryEnd, expiryPrefix, type Layout, type Table } from "../ordered/byte-table.ts";
import { createView, type View } from "../ordered/byte-view.ts";

/** Most rows that a Count beside writes looks at: it holds up everybody else who writes. */
export const MOST_COUNTED = 100_000;

export type Job =
  | ({ readonly kind: "write"; readonly imaging?: ImageOptions } & Pick<
      WriteRequest,
      "mutations" | "atomic" | "returning" | "trim" | "request"
    >)
  | ({ readonly kind: "execute"; readonly imaging?: ImageOptions } & Pick<
      ExecuteRequest,
      "steps" | "required" | "trim" | "request"
    >)
  | { readonly kind: "sweep"; readonly now: bigint; readonly limit: number }
  /** Something that must run while nothing is written. */
  | { readonly kind: "alone"; readonly run: () => Promise<void> };

export type Answer =
  | { readonly kind: "fresh" | "replayed"; readonly outcomes: readonly StepOutcome[] }
  | { readonly kind: "reused" }
  | { readonly kind: "swept"; readonly more: boolean }
  | { readonly kind: "done" };

export interface WriterOptions {
  readonly store: ByteStore;
  readonly derivations: Derivations;
  /** @throws Fault where the table does not fit */
  tableOf(entity: EntityModel): Table;
  /** Tables whose rows expire, as far as they fit. */
  expiring(): readonly { readonly table: Table; readonly layout: Layout }[];
}

/** Bytes of changes that gather before they are committed: a batch of large rows goes piece by piece, as far as its writes succeed or fail alone. */
const PIECE_BYTES = 4 * 1_048_576;

/** Most bytes that are written together or not at all: until then they are held. */
export const UNIT_BYTES: number = 16 * 1_048_576;

export function createWriter(options: WriterOptions): QueueRunner<Job, Answer> {
  return {
    run: async (jobs) => {
      const group = new Group(options.store);
      const answers: (Answer | FailedAnswer)[] = [];
      for (const [i, job] of jobs.entries()) {
        const answer = await runJob(options, group, job, (error) => (answers[i] = { kind: "failed", error }));
        answers.push(answer);
        if (group.view.bytes >= PIECE_BYTES) await group.commit();
      }
      await group.commit();
      return answers;
    },
  };
}

type Fail = (error: unknown) => void;

/** What is committed together: the changes of many jobs, or some of a large one. */
class Group {
  readonly view: View;
  readonly #store: ByteStore;
  #fails: Fail[] = [];

  constructor(store: ByteStore) {
    this.#store = store;
    this.view = createView({ ...store, ...latest(store) });
  }

  /** Moves changes into the group; `fail` is called if it cannot be committed. */
  take(changes: View, fail: Fail): void {
    changes.keep();
    this.#fails.push(fail);
  }

  /** What it failed with, if it did. */
  async commit(): Promise<{ readonly error: unknown } | undefined> {
    const changes = this.view.changes();
    const fails = this.#fails;
    this.#fails = [];
    this.view.clear();
    if (changes.length === 0) return undefined;
    try {
      await this.#store.commit(changes);
      return undefined;
    } catch (error) {
      for (const fail of fails) fail(error);
      return { error };
    }
  }
}

/** Nobody else writes, so the database as it is now stays so for the group. */
function latest(store: ByteStore): Pick<View, "entries"> {
  return {
    entries: (interval, reverse) => {
      const snapshot = store.snapshot();
      const entries = snapshot.entries(interval, reverse);
      return { next: (most) => entries.next(most), close: async () => (await entries.close(), await snapshot.close()) };
    },
  };
}

/** @param fail is called if what the answer says cannot be committed */
async function runJob(options: WriterOptions, group: Group, job: Job, fail: Fail): Promise<Answer | FailedAnswer> {
  try {
    if (job.kind === "write" && !job.atomic && !job.request) return await runAlone(options, group, job, fail);
    const view = group.view.fork();
    const answer = await answerOf(options, view, job);
    group.take(view, fail);
    return answer;
  } catch (error) {
    return { kind: "failed", error };
  }
}

async function answerOf(options: WriterOptions, view: View, job: Job): Promise<Answer> {
  switch (job.kind) {
    case "write": {
      const steps = job.mutations.map((mutation) => (on: View) => mutate(options, on, mutation, job.imaging));
      const entities = job.mutations.map(({ entity }) => entity);
      return together(view, { steps, entities, trim: job.trim, request: job.request, required: [] });
    }
    case "execute": {
      const steps = job.steps.map((step) => (on: View) => runStep(options, on, step, job.imaging));
      const entities = job.steps.map(entityOf);
      return together(view, { steps, entities, trim: job.trim, request: job.request, required: job.required });
    }
    case "sweep":
      return { kind: "swept", more: await sweep(options, view, job.now, job.limit) };
    case "alone":
      await job.run();
      return { kind: "done" };
  }
}

/** Each mutation by itself. Where a piece cannot be committed, what it holds and what is behind it fails. */
async function runAlone(
  options: WriterOptions,
  group: Group,
  { mutations, trim, imaging }: Extract<Job, { kind: "write" }>,
  fail: Fail,
): Promise<Answer> {
  const trimmer = new OutcomeTrimmer(trim);
  const outcomes: StepOutcome[] = [];
  const view = group.view.fork();
  let committed = 0;
  const failRest: Fail = (error) => {
    if (committed === 0) return fail(error);
    outcomes.length = committed;
    for (const _ of mutations.slice(committed)) outcomes.push({ status: "failed", error });
  };
  try {
    for (const mutation of mutations) {
      outcomes.push(trimmer.next(await mutate(options, view, mutation, imaging), mutation.entity));
      if (group.view.bytes + view.bytes < PIECE_BYTES) continue;
      group.take(view, () => {});
      const failed = await group.commit();
      if (failed) throw failed.error;
      committed = outcomes.length;
    }
  } catch (error) {
    if (committed === 0) throw error;
    failRest(error);
    return { kind: "fresh", outcomes };
  }
  group.take(view, failRest);
  return { kind: "fresh", outcomes };
}

interface Together {
  readonly steps: readonly ((view: View) => Promise<StepOutcome>)[];
  readonly entities: readonly EntityModel[];
  readonly trim: Trim | undefined;
  readonly request: RecordedRequest | undefined;
  readonly required: readonly boolean[];
}

/** All or nothing, with the outcome recorded among the changes. */
async function together(view: View, { steps, entities, trim, request, required }: Together): Promise<Answer> {
  const known = request && recallIn(view, request, entities);
  if (known) return known;
  const attempt = view.fork();
  const trimmer = new OutcomeTrimmer(trim);
  const outcomes: StepOutcome[] = [];
  for (const [i, step] of steps.entries()) {
    const done = await step(attempt);
    const outcome = attempt.bytes > UNIT_BYTES ? { status: "failed" as const, error: tooManyBytes() } : done;
    outcomes.push(trimmer.next(outcome, entities[i]));
    if (!succeeds(outcome, required[i] === true))
      return { kind: "fresh", outcomes: onlyThisSaysWhy(steps, i, outcome) };
  }
  if (request) record(attempt, request, outcomes, entities);
  attempt.keep();
  return { kind: "fresh", outcomes };
}

function tooManyBytes(): Fault {
  return new Fault(
    "BATCH_TOO_LARGE",
    `the rows that are to be written together have more than ${UNIT_BYTES} bytes; write fewer of them at once`,
  );
}

/** Takes its place among what others do in a turn of the event loop. A mutation that fails leaves nothing behind. */
async function mutate(
  options: WriterOptions,
  view: View,
  mutation: Mutation,
  imaging: ImageOptions | undefined,
): Promise<WriteOutcome> {
  return pacer.run("begin", () => {
    const attempt = view.fork();
    const apply = (one: Mutation, images: boolean): WriteOutcome => {
      const decide = (current: EntityRecord | undefined): Decision => transition(one, current);
      return applyMutation(rowsOf(options.tableOf(one.entity), attempt), one, decide, { images });
    };
    const own = apply(mutation, imaging !== undefined);
    const outcome = imaging
      ? withDerived(own, mutation, { imaging, derivations: options.derivations }, (derived) => apply(derived, false))
      : own;
    if (outcome.status === "applied") attempt.keep();
    return outcome;
  });
}

async function runStep(
  options: WriterOptions,
  view: View,
  step: ExecuteStep,
  imaging: ImageOptions | undefined,
): Promise<StepOutcome> {
  switch (step.kind) {
    case "write":
      return mutate(options, view, step.mutation, imaging);
    case "read": {
      const { entity, key } = step.key;
      const record = await pacer.run("begin", () => rowsOf(options.tableOf(entity), view).get(key));
      return record && isVisible(entity, record, step.visible) ? { status: "found", record } : { status: "missing" };
    }
    case "count": {
      const table = options.tableOf(step.plan.entity);
      const count = await countRows(view, table, step.plan, step.options, { most: MOST_COUNTED });
      return { status: "counted", count };
    }
  }
}

/** The rows of a table as a view has them, with their index entries in step. */
function rowsOf(table: Table, view: View): StepRows {
  const at = (rowKey: Buffer): EntityRecord | undefined => {
    const bytes = view.get(rowKey);
    return bytes && table.decode(bytes);
  };
  return {
    get: (key) => at(table.rowKey(key)),
    replace: (before, after) => {
      const [rowKey] = [before, after].flatMap((row) => (row ? [rowKeyOf(table, row)] : []));
      if (!rowKey) return;
      const kept = new Set((after ? table.entriesOf(after) : []).map(({ key }) => key.toString("latin1")));
      for (const { key } of before ? table.entriesOf(before) : [])
        if (!kept.has(key.toString("latin1"))) view.set(key, undefined);
      for (const { key } of after ? table.entriesOf(after) : []) view.set(key, rowKey);
      view.set(rowKey, after && table.encode(after, before));
    },
    inTheWay: (row) => {
      const own = rowKeyOf(table, row);
      return table.entriesOf(row).flatMap(({ key, unique }) => {
        const holder = unique && view.get(key);
        const other = holder && Buffer.compare(holder, own) !== 0 ? at(holder) : undefined;
        return unique && other ? [{ row: other, index: unique }] : [];
      });
    },
  };
}

function rowKeyOf(table: Table, row: EntityRecord): Buffer {
  return table.rowKey(table.entity.key.map(({ ordinal }) => row[ordinal] ?? ""));
}

/** Removes some of what has expired; true where there may be more. */
async function sweep(options: WriterOptions, view: View, now: bigint, limit: number): Promise<boolean> {
  let more = (await forget(view, forgottenAt(now), limit)) >= limit;
  for (const { table, layout } of options.expiring()) {
    const interval = { start: expiryPrefix(layout), end: expiryEnd(table.entity, layout, now) };
    const entries = view.entries(interval, false);
    const due = await entries.next(limit);
    await entries.close();
    const rows = rowsOf(table, view);
    await pacer.run("continue", () => {
      for (const [, rowKey] of due) {
        const bytes = view.get(rowKey);
        const row = bytes && table.decode(bytes);
        if (row && isExpired(table.entity, row, now)) rows.replace(row, undefined);
      }
    });
    more ||= due.length >= limit;
  }
  return more;
}
