/**
 * Mutations to the store, and its outcomes as answers. What a store cannot decide natively goes through `modify`: the
 * row is read, `transition` decides, and the store writes only if the row is still the same.
 */

import type { RecordedRequest, WriteOptions, WriteOutcome, WriteResult } from "../../adapter/adapter.ts";
import { has } from "../../adapter/capabilities.ts";
import type { Call } from "../../model/call.ts";
import type { Fault } from "../../model/fault.ts";
import { keyText } from "../../model/key.ts";
import type { Decision, Mutation } from "../../model/mutation.ts";
import type { Consistency } from "../../model/query.ts";
import { transition } from "../../model/transition.ts";
import type { EntityRecord } from "../../model/value.ts";
import { attempt, faultOf, throwConflict } from "../attempt.ts";
import { needsOf, requireNeeds } from "../capability.ts";
import { arePredicted, predictResults } from "./result-prediction.ts";
import { keyRecord, type Prepared } from "./prepare.ts";
import { askWhy, knownRejection, skippedFault } from "./rejection.ts";
import type { Written } from "../operation.ts";
import { reusedRequestId } from "./request-id.ts";
import type { Scope } from "../scope.ts";
import { trimOf, type Trimming } from "./trim.ts";

export interface Submission {
  readonly writes: readonly Prepared[];
  readonly atomic: boolean;
  readonly consistency: Consistency | undefined;
  readonly request: RecordedRequest | undefined;
  /** Of the rows that answer many writes. */
  readonly trimming: Trimming | undefined;
}

export type Settled =
  | { readonly kind: "written"; readonly written: Written; readonly trimmed: boolean }
  | { readonly kind: "fault"; readonly fault: Fault };

/** How one mutation is carried. */
type Route = "write" | "modify";

/** Refuses, before any I/O, what neither way can carry. */
export function routeOf(scope: Scope, { mutation, shown }: Prepared, atomic: boolean): Route {
  const { capabilities } = scope.adapter;
  const lacks = needsOf(mutation).some((name) => !has(capabilities, name));
  if (!scope.adapter.modify || !has(capabilities, "modify") || atomic) {
    if (lacks) requireNeeds(scope, mutation);
    return "write";
  }
  if (lacks || !has(capabilities, "conditional_write")) return "modify";
  const readsBack = !shown.keyOnly && mutation.kind !== "create";
  return readsBack && !has(capabilities, "returning") ? "modify" : "write";
}

/** Answers writes[i] at [i]. Rejects only where nothing is known about any single one. */
export async function submit(scope: Scope, submission: Submission, call: Call): Promise<readonly Settled[]> {
  const routes = submission.writes.map((write) =>
    routeOf(scope, write, submission.atomic && submission.writes.length > 1),
  );
  if (routes.includes("modify")) return submitByModify(scope, submission, call);
  const options = optionsOf(scope, submission);
  const mutations = submission.writes.map((write) => write.mutation);
  const write = { mutations, atomic: submission.atomic, ...options };
  const isWhole = submission.atomic || mutations.length === 1;
  const predicts = arePredicted(scope, submission.writes);
  const { result, prediction } = await attempt(scope, call, async () => {
    const seen = predicts ? await predictResults(scope, submission.writes, call) : undefined;
    const answer = await scope.adapter.write(write, call);
    if (isWhole && answer.kind !== "reused") throwConflict(scope.adapter, answer.outcomes);
    return { result: answer, prediction: seen };
  });
  const outcomes = outcomesOf(result);
  const left = prediction && outcomes.some(isApplied) ? await prediction.confirmed(call) : [];
  const known = submission.writes.map((prepared, i) => settledBy(scope, prepared, withRecord(outcomes[i], left[i])));
  const settled = known.every((one) => one !== undefined)
    ? known
    : await Promise.all(
        submission.writes.map(
          async (prepared, i) => known[i] ?? (await asked(scope, prepared.mutation, undone(submission, i), call)),
        ),
      );
  return trimmed(scope, settled, submission);
}

/** Asked for answers in their order. */
function trimmed(scope: Scope, settled: readonly Settled[], { trimming }: Submission): readonly Settled[] {
  if (!trimming) return settled;
  return settled.map((one) => {
    if (one.kind !== "written" || !one.written.entity) return one;
    const { entity, trimmed: isTrimmed } = trimming.fit(scope.layout, one.written.entity, one.trimmed);
    return { ...one, written: { ...one.written, entity }, trimmed: isTrimmed };
  });
}

function isApplied(outcome: WriteOutcome): boolean {
  return outcome.status === "applied";
}

function withRecord(outcome: WriteOutcome | undefined, record: EntityRecord | undefined): WriteOutcome | undefined {
  return outcome?.status === "applied" && !outcome.record && record ? { ...outcome, record } : outcome;
}

function optionsOf(scope: Scope, { writes, consistency, request, trimming }: Submission): WriteOptions {
  // A recorded outcome must answer any later repeat, whatever that asks to see.
  const wanted = request !== undefined || writes.some((write) => !write.shown.keyOnly);
  const returning = wanted && has(scope.adapter.capabilities, "returning");
  const shown = writes.map((write) => write.shown.fields);
  const trim = trimming && returning ? { trim: trimOf(scope.limits, shown, request) } : {};
  return { returning, consistency, ...trim, ...(request && { request }) };
}

function outcomesOf(result: WriteResult): readonly WriteOutcome[] {
  if (result.kind === "reused") throw reusedRequestId();
  return result.outcomes;
}

/** What went ahead of write `i` and was undone with it. */
function undone(submission: Submission, i: number): readonly Mutation[] {
  return submission.atomic ? submission.writes.slice(0, i).map((write) => write.mutation) : [];
}

/** One after the other where a key repeats, else side by side. */
async function submitByModify(scope: Scope, submission: Submission, call: Call): Promise<readonly Settled[]> {
  const settled: Settled[] = [];
  for (const wave of wavesOf(submission.writes)) {
    const done = await Promise.all(wave.map((prepared) => modifyOne(scope, submission, prepared, call)));
    settled.push(...trimmed(scope, done, submission));
  }
  return settled;
}

const WAVE = 16;

/** In order; no wave holds a key twice. */
function wavesOf(writes: readonly Prepared[]): readonly (readonly Prepared[])[] {
  const waves: Prepared[][] = [];
  let keys = new Set<string>();
  for (const write of writes) {
    const text = keyText(write.mutation.key);
    const wave = waves.at(-1);
    if (wave && wave.length < WAVE && !keys.has(text)) wave.push(write);
    else {
      waves.push([write]);
      keys = new Set();
    }
    keys.add(text);
  }
  return waves;
}

async function modifyOne(scope: Scope, submission: Submission, prepared: Prepared, call: Call): Promise<Settled> {
  const { mutation } = prepared;
  let decided: Decision | undefined;
  const decide = (current: EntityRecord | undefined): Decision => (decided = transition(mutation, current));
  const options = optionsOf(scope, { ...submission, writes: [prepared], trimming: undefined });
  try {
    const result = await attempt(scope, call, async () => {
      if (!scope.adapter.modify) throw new TypeError("the adapter publishes modify and has none");
      const answer = await scope.adapter.modify(mutation, decide, options, call);
      if (answer.kind !== "reused") throwConflict(scope.adapter, answer.outcomes);
      return answer;
    });
    const [outcome] = outcomesOf(result);
    const told = result.kind === "fresh" && outcome && decided ? withDecision(outcome, decided) : outcome;
    return settledBy(scope, prepared, told) ?? (await asked(scope, mutation, [], call));
  } catch (error) {
    if (submission.writes.length === 1) throw error;
    return { kind: "fault", fault: faultOf(scope.adapter, error) };
  }
}

/** What was decided last is what was written, or why nothing was; a store need not say it again. */
function withDecision(outcome: WriteOutcome, decided: Decision): WriteOutcome {
  if (outcome.status === "applied" && decided.action !== "reject")
    return withRecord(outcome, decided.record) ?? outcome;
  if (outcome.status === "rejected" && !outcome.because && decided.action === "reject")
    return { ...outcome, because: decided.because };
  return outcome;
}

/** Undefined where the store did nothing and did not say why. */
function settledBy(scope: Scope, prepared: Prepared, outcome: WriteOutcome | undefined): Settled | undefined {
  switch (outcome?.status) {
    case "applied":
      return { kind: "written", written: writtenOf(scope, prepared, outcome), trimmed: outcome.trimmed === true };
    case "rejected": {
      const fault = knownRejection(prepared.mutation, outcome);
      return fault && { kind: "fault", fault };
    }
    case "skipped":
      return { kind: "fault", fault: skippedFault() };
    case "failed":
      return { kind: "fault", fault: faultOf(scope.adapter, outcome.error) };
    case undefined:
      throw new TypeError("the adapter left a position unanswered");
  }
}

/** @param before what went ahead of it and was undone with it */
async function asked(scope: Scope, mutation: Mutation, before: readonly Mutation[], call: Call): Promise<Settled> {
  return { kind: "fault", fault: await askWhy(scope, mutation, before, call) };
}

type Applied = Extract<WriteOutcome, { readonly status: "applied" }>;

function writtenOf(scope: Scope, { mutation, shown }: Prepared, applied: Applied): Written {
  if (!applied.found) return { entity: undefined, created: false };
  const known = mutation.kind === "create" ? mutation.record : keyRecord(scope, mutation);
  return { entity: { record: applied.record ?? known, fields: shown.fields }, created: applied.created };
}
