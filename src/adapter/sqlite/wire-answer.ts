/** Answers as they cross back from the writer's thread; see `wire-mutation.ts` for why by position. */

import type { Mutation } from "../../model/mutation.ts";
import type { EntityRecord } from "../../model/value.ts";
import type { ExecuteResult, StepOutcome, WriteOutcome, WriteResult } from "../adapter.ts";
import { failureData, fromFailureData, type FailureData } from "./failure.ts";
import type { Answer, Job, WriteJob } from "./job.ts";

/**
 * 1 is what the asking thread can say itself: every mutation was a Create, and applied. Outcomes of writes and executions
 * follow on whether they were done now. All else is an answer as it was given, but for its error.
 */
export type WireAnswer =
  | 1
  | WireResult
  | Exclude<Answer, { readonly kind: "failed" }>
  | { readonly kind: "failed"; readonly error: FailureData };

type WireResult = readonly ["fresh" | "replayed", ...WireOutcome[]];

/** A list is what was applied. */
type WireOutcome =
  | readonly [created: boolean, found: boolean, EntityRecord?]
  | Exclude<StepOutcome, { readonly status: "applied" | "failed" }>
  | { readonly status: "failed"; readonly error: FailureData };

export function toWireAnswer(job: Job, answer: Answer): WireAnswer {
  if (answer.kind === "failed") return { kind: "failed", error: failureData(answer.error) };
  if ((answer.kind !== "write" && answer.kind !== "execute") || answer.result.kind === "reused") return answer;
  const { kind, outcomes } = answer.result;
  if (job.kind === "write" && kind === "fresh" && isPlainCreates(job, outcomes)) return 1;
  return [kind, ...outcomes.map(toWireOutcome)];
}

export function fromWireAnswer(job: Job, wire: WireAnswer): Answer {
  if (wire !== 1 && !isList(wire)) {
    return wire.kind === "failed" ? { kind: "failed", error: fromFailureData(wire.error) } : wire;
  }
  if (job.kind === "execute" && wire !== 1) return { kind: "execute", result: resultOf(wire) };
  if (job.kind !== "write") throw new TypeError(`a job to ${job.kind} is not answered in short`);
  if (wire === 1) return { kind: "write", result: { kind: "fresh", outcomes: job.mutations.map(createdOf(job)) } };
  return { kind: "write", result: resultOf(wire) as WriteResult }; // as toWireAnswer took it from one
}

function isPlainCreates(job: WriteJob, outcomes: readonly StepOutcome[]): boolean {
  return outcomes.every(
    (outcome, i) => outcome.status === "applied" && job.mutations[i]?.kind === "create" && outcome.created,
  );
}

function createdOf({ returning }: WriteJob): (mutation: Mutation) => WriteOutcome {
  return (mutation) => {
    const isShown = returning && mutation.kind === "create";
    return { status: "applied", created: true, found: true, ...(isShown && { record: mutation.record }) };
  };
}

function resultOf([kind, ...outcomes]: WireResult): ExecuteResult {
  return { kind, outcomes: outcomes.map(fromWireOutcome) };
}

function toWireOutcome(outcome: StepOutcome): WireOutcome {
  if (outcome.status === "failed") return { status: "failed", error: failureData(outcome.error) };
  if (outcome.status !== "applied") return outcome;
  const { created, found, record } = outcome;
  return record ? [created, found, record] : [created, found];
}

function fromWireOutcome(wire: WireOutcome): StepOutcome {
  if (isList(wire)) {
    const [created, found, record] = wire;
    return { status: "applied", ...(record && { record }), created, found };
  }
  return wire.status === "failed" ? { status: "failed", error: fromFailureData(wire.error) } : wire;
}

/** Array.isArray does not know lists that are read only. */
function isList<Item>(item: Item): item is Extract<Item, readonly unknown[]> {
  return Array.isArray(item);
}
