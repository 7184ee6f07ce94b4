/** Answers as they cross back from the writer's thread; see `wire-mutation.ts` for why by position. */

import type { Key } from "../../../model/key.ts";
import type { Images, Mutation } from "../../../model/mutation.ts";
import type { EntityRecord } from "../../../model/value.ts";
import type { ExecuteResult, StepOutcome, WriteOutcome, WriteResult } from "../../adapter.ts";
import { failureData, fromFailureData, type FailureData } from "../failure.ts";
import type { Answer, Job, WriteJob } from "./job.ts";
import { entityAt, numberOf, type EntityNumbers } from "./wire-mutation.ts";

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
  | readonly [
      created: boolean,
      found: boolean,
      record?: EntityRecord | undefined,
      images?: Images | undefined,
      trimmed?: true,
    ]
  | Exclude<StepOutcome, { readonly status: "applied" | "failed" | "rejected" }>
  | (Omit<Rejected, "derived"> & { readonly derived?: readonly [entity: number, Key] })
  | { readonly status: "failed"; readonly error: FailureData };

type Rejected = Extract<WriteOutcome, { readonly status: "rejected" }>;

export function toWireAnswer(job: Job, answer: Answer, numbers: EntityNumbers): WireAnswer {
  if (answer.kind === "failed") return { kind: "failed", error: failureData(answer.error) };
  if ((answer.kind !== "write" && answer.kind !== "execute") || answer.result.kind === "reused") return answer;
  const { kind, outcomes } = answer.result;
  if (job.kind === "write" && kind === "fresh" && !job.imaging && isPlainCreates(job, outcomes)) return 1;
  return [kind, ...outcomes.map((outcome) => toWireOutcome(outcome, numbers))];
}

export function fromWireAnswer(job: Job, wire: WireAnswer, numbers: EntityNumbers): Answer {
  if (wire !== 1 && !isList(wire)) {
    return wire.kind === "failed" ? { kind: "failed", error: fromFailureData(wire.error) } : wire;
  }
  if (job.kind === "execute" && wire !== 1) return { kind: "execute", result: resultOf(wire, numbers) };
  if (job.kind !== "write") throw new TypeError(`a job to ${job.kind} is not answered in short`);
  if (wire === 1) return { kind: "write", result: { kind: "fresh", outcomes: job.mutations.map(createdOf(job)) } };
  return { kind: "write", result: resultOf(wire, numbers) as WriteResult }; // as toWireAnswer took it from one
}

function isPlainCreates(job: WriteJob, outcomes: readonly StepOutcome[]): boolean {
  return outcomes.every(
    (outcome, i) =>
      outcome.status === "applied" && job.mutations[i]?.kind === "create" && outcome.created && !outcome.trimmed,
  );
}

function createdOf({ returning }: WriteJob): (mutation: Mutation) => WriteOutcome {
  return (mutation) => {
    const isShown = returning && mutation.kind === "create";
    return { status: "applied", created: true, found: true, ...(isShown && { record: mutation.record }) };
  };
}

function resultOf([kind, ...outcomes]: WireResult, numbers: EntityNumbers): ExecuteResult {
  return { kind, outcomes: outcomes.map((outcome) => fromWireOutcome(outcome, numbers)) };
}

function toWireOutcome(outcome: StepOutcome, numbers: EntityNumbers): WireOutcome {
  switch (outcome.status) {
    case "failed":
      return { status: "failed", error: failureData(outcome.error) };
    case "rejected": {
      const { derived, ...rest } = outcome;
      return derived ? { ...rest, derived: [numberOf(numbers, derived.entity), derived.key] } : rest;
    }
    case "applied": {
      const { created, found, record, images, trimmed } = outcome;
      if (trimmed) return [created, found, record, images, trimmed];
      if (images) return [created, found, record, images];
      return record ? [created, found, record] : [created, found];
    }
    case "skipped":
    case "found":
    case "missing":
    case "counted":
      return outcome;
  }
}

function fromWireOutcome(wire: WireOutcome, numbers: EntityNumbers): StepOutcome {
  if (isList(wire)) {
    const [created, found, record, images, trimmed] = wire;
    const more = { ...(record && { record }), ...(images && { images }), ...(trimmed && { trimmed }) };
    return { status: "applied", created, found, ...more };
  }
  if (wire.status === "failed") return { status: "failed", error: fromFailureData(wire.error) };
  if (wire.status !== "rejected") return wire;
  const { derived, ...rest } = wire;
  return derived ? { ...rest, derived: { entity: entityAt(numbers, derived[0]), key: derived[1] } } : rest;
}

/** Array.isArray does not know lists that are read only. */
function isList<Item>(item: Item): item is Extract<Item, readonly unknown[]> {
  return Array.isArray(item);
}
