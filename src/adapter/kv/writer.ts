/** The one that writes: runs the jobs of a group one after the other, each on what those before it left, and commits them together. */

import { setImmediate as turn } from "node:timers/promises";
import type { EntityModel } from "../../model/entity.ts";
import type { Mutation } from "../../model/mutation.ts";
import type { EntityRecord } from "../../model/value.ts";
import { transition } from "../../model/transition.ts";
import { isExpired, isVisible } from "../../model/visibility.ts";
import type { ExecuteStep, RecordedRequest, StepOutcome, WriteOutcome, WriteRequest } from "../adapter.ts";
import { onlyThisSaysWhy, succeeds } from "../embedded/all-or-nothing.ts";
import { applyMutation, type StepRows } from "../embedded/apply-mutation.ts";
import { KEPT } from "../embedded/recorded-outcomes.ts";
import type { FailedAnswer, QueueRunner } from "../embedded/write-queue.ts";
import type { Engine } from "./engine.ts";
import { countRows } from "./read-plan.ts";
import { forget, recall, record } from "./request-records.ts";
import { expiryEnd, expiryPrefix, type Layout, type Table } from "./table.ts";
import { createView, type View } from "./view.ts";

/** Most rows that a Count beside writes looks at: it holds up everybody else who writes. */
export const MOST_COUNTED = 100_000;

/** Milliseconds of work between two turns of the event loop. */
const TURN = 1;

export type Job =
  | ({ readonly kind: "write" } & Pick<WriteRequest, "mutations" | "atomic" | "returning" | "request">)
  | {
      readonly kind: "execute";
      readonly steps: readonly ExecuteStep[];
      readonly required: readonly boolean[];
      readonly request?: RecordedRequest;
    }
  | { readonly kind: "sweep"; readonly now: bigint; readonly limit: number }
  /** Something that must run while nothing is written. */
  | { readonly kind: "alone"; readonly run: () => Promise<void> };

export type Answer =
  | { readonly kind: "fresh" | "replayed"; readonly outcomes: readonly StepOutcome[] }
  | { readonly kind: "reused" }
  | { readonly kind: "swept"; readonly more: boolean }
  | { readonly kind: "done" };

export interface WriterOptions {
  readonly engine: Engine;
  /** @throws Fault where the table does not fit */
  tableOf(entity: EntityModel): Table;
  /** Tables whose rows expire, as far as they fit. */
  expiring(): readonly { readonly table: Table; readonly layout: Layout }[];
}

export function createWriter(options: WriterOptions): QueueRunner<Job, Answer> {
  return {
    run: async (jobs) => {
      const group = createView({ ...options.engine, ...latest(options.engine) });
      const answers: (Answer | FailedAnswer)[] = [];
      let started = performance.now();
      for (const job of jobs) {
        answers.push(await runJob(options, group, job));
        if (performance.now() - started < TURN) continue;
        await turn();
        started = performance.now();
      }
      const changes = group.changes();
      if (changes.length === 0) return answers;
      try {
        await options.engine.commit(changes);
        return answers;
      } catch (error) {
        return jobs.map(() => ({ kind: "failed", error }));
      }
    },
  };
}

/** Nobody else writes, so the database as it is now stays so for the group. */
function latest(engine: Engine): Pick<View, "entries"> {
  return {
    entries: (interval, reverse) => {
      const snapshot = engine.snapshot();
      const entries = snapshot.entries(interval, reverse);
      return { next: (most) => entries.next(most), close: async () => (await entries.close(), await snapshot.close()) };
    },
  };
}

async function runJob(options: WriterOptions, group: View, job: Job): Promise<Answer | FailedAnswer> {
  const view = group.fork();
  try {
    const answer = await answerOf(options, view, job);
    view.keep();
    return answer;
  } catch (error) {
    return { kind: "failed", error };
  }
}

async function answerOf(options: WriterOptions, view: View, job: Job): Promise<Answer> {
  switch (job.kind) {
    case "write":
      return runWrite(options, view, job);
    case "execute": {
      const steps = job.steps.map((step) => (on: View) => runStep(options, on, step));
      const entities = job.steps.map(entityOf);
      return together(view, { steps, entities, request: job.request, required: job.required });
    }
    case "sweep":
      return { kind: "swept", more: await sweep(options, view, job.now, job.limit) };
    case "alone":
      await job.run();
      return { kind: "done" };
  }
}

async function runWrite(
  options: WriterOptions,
  view: View,
  { mutations, atomic, request }: Extract<Job, { kind: "write" }>,
): Promise<Answer> {
  const steps = mutations.map((mutation) => async (on: View) => mutate(options, on, mutation));
  if (atomic || request) {
    const entities = mutations.map(({ entity }) => entity);
    return together(view, { steps, entities, request, required: [] });
  }
  const outcomes: StepOutcome[] = [];
  let started = performance.now();
  for (const step of steps) {
    outcomes.push(await step(view));
    if (performance.now() - started < TURN) continue;
    await turn();
    started = performance.now();
  }
  return { kind: "fresh", outcomes };
}

interface Together {
  readonly steps: readonly ((view: View) => Promise<StepOutcome>)[];
  readonly entities: readonly (EntityModel | undefined)[];
  readonly request: RecordedRequest | undefined;
  readonly required: readonly boolean[];
}

/** All or nothing, with the outcome recorded among the changes. */
async function together(view: View, { steps, entities, request, required }: Together): Promise<Answer> {
  const known = request && recall(view, request, entities);
  if (known) return known;
  const attempt = view.fork();
  const outcomes: StepOutcome[] = [];
  for (const [i, step] of steps.entries()) {
    const outcome = await step(attempt);
    outcomes.push(outcome);
    if (!succeeds(outcome, required[i] === true))
      return { kind: "fresh", outcomes: onlyThisSaysWhy(steps, i, outcome) };
  }
  if (request) record(attempt, request, outcomes, entities);
  attempt.keep();
  return { kind: "fresh", outcomes };
}

/** A mutation that fails leaves nothing behind. */
function mutate(options: WriterOptions, view: View, mutation: Mutation): WriteOutcome {
  const attempt = view.fork();
  const decide = (current: EntityRecord | undefined): ReturnType<typeof transition> => transition(mutation, current);
  const outcome = applyMutation(rowsOf(options.tableOf(mutation.entity), attempt), mutation, decide);
  if (outcome.status === "applied") attempt.keep();
  return outcome;
}

async function runStep(options: WriterOptions, view: View, step: ExecuteStep): Promise<StepOutcome> {
  switch (step.kind) {
    case "write":
      return mutate(options, view, step.mutation);
    case "read": {
      const { entity, key } = step.key;
      const record = rowsOf(options.tableOf(entity), view).get(key);
      return record && isVisible(entity, record, step.visible) ? { status: "found", record } : { status: "missing" };
    }
    case "count": {
      const table = options.tableOf(step.plan.entity);
      const count = await countRows(view, table, step.plan, step.options, { most: MOST_COUNTED });
      return { status: "counted", count };
    }
  }
}

function entityOf(step: ExecuteStep): EntityModel | undefined {
  if (step.kind === "count") return undefined;
  return step.kind === "read" ? step.key.entity : step.mutation.entity;
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
      view.set(rowKey, after && table.encode(after));
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
  let more = (await forget(view, now - KEPT, limit)) >= limit;
  for (const { table, layout } of options.expiring()) {
    const interval = { start: expiryPrefix(layout), end: expiryEnd(table.entity, layout, now) };
    const entries = view.entries(interval, false);
    const due = await entries.next(limit);
    await entries.close();
    const rows = rowsOf(table, view);
    for (const [, rowKey] of due) {
      const bytes = view.get(rowKey);
      const row = bytes && table.decode(bytes);
      if (row && isExpired(table.entity, row, now)) rows.replace(row, undefined);
    }
    more ||= due.length >= limit;
  }
  return more;
}
