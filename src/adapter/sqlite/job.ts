/** What the writer is asked, and what it answers; and both as they cross to its thread, where entities are numbers. */

import type { EntityModel } from "../../model/entity.ts";
import type { EntityKey } from "../../model/key.ts";
import type { Mutation } from "../../model/mutation.ts";
import type { Visibility } from "../../model/query.ts";
import type {
  CountOptions,
  ExecuteResult,
  ExecuteStep,
  RecordedRequest,
  SchemaDifference,
  StepOutcome,
  WriteOutcome,
  WriteResult,
} from "../adapter.ts";
import type { Plan } from "../plan.ts";
import { failureData, fromFailureData, type FailureData } from "./failure.ts";

export type Job = WriteJob | ExecuteJob | SweepJob | SchemaJob | ProbeJob;

export interface WriteJob {
  readonly kind: "write";
  readonly mutations: readonly Mutation[];
  readonly atomic: boolean;
  readonly returning: boolean;
  readonly request: RecordedRequest | undefined;
}

export interface ExecuteJob {
  readonly kind: "execute";
  readonly steps: readonly ExecuteStep[];
  readonly required: readonly boolean[];
  readonly request: RecordedRequest | undefined;
}

/** Removes some of what has expired. */
export interface SweepJob {
  readonly kind: "sweep";
  /** Nanoseconds. */
  readonly now: bigint;
  /** Most rows of one table in one step. */
  readonly limit: number;
}

/** Asks whether the file can be written to, and whether what was found damaged still is. */
export interface ProbeJob {
  readonly kind: "probe";
}

export interface SchemaJob {
  readonly kind: "verify" | "apply";
}

export type Answer =
  | { readonly kind: "write"; readonly result: WriteResult }
  | { readonly kind: "execute"; readonly result: ExecuteResult }
  /** Whether there may be more to sweep. */
  | { readonly kind: "sweep"; readonly swept: number; readonly more: boolean }
  | { readonly kind: "verify"; readonly differences: readonly SchemaDifference[] }
  | { readonly kind: "apply"; readonly done: readonly string[] }
  | { readonly kind: "probe" }
  | { readonly kind: "failed"; readonly error: unknown };

// Across threads

type WireMutation = { readonly entity: number; readonly of: Omit<Mutation, "entity"> };

type WireStep =
  | { readonly kind: "read"; readonly entity: number; readonly key: EntityKey["key"]; readonly visible: Visibility }
  | { readonly kind: "write"; readonly mutation: WireMutation }
  | {
      readonly kind: "count";
      readonly entity: number;
      readonly plan: Omit<Plan, "entity">;
      readonly options: CountOptions;
    };

export type WireJob =
  | (Omit<WriteJob, "mutations"> & { readonly mutations: readonly WireMutation[] })
  | (Omit<ExecuteJob, "steps"> & { readonly steps: readonly WireStep[] })
  | SweepJob
  | SchemaJob
  | ProbeJob;

/** 1 stands for what the asking thread can say itself: every mutation was a Create, and applied. */
export type WireAnswer = 1 | Answer;

/** Whose numbers entities have on both sides. */
export interface EntityNumbers {
  readonly entities: readonly EntityModel[];
  readonly numbers: ReadonlyMap<EntityModel, number>;
}

export function numbered(entities: readonly EntityModel[]): EntityNumbers {
  return { entities, numbers: new Map(entities.map((entity, number) => [entity, number])) };
}

export function toWire(job: Job, { numbers }: EntityNumbers): WireJob {
  const number = (entity: EntityModel): number => {
    const found = numbers.get(entity);
    if (found === undefined) throw new TypeError(`${entity.name} is not of this store`);
    return found;
  };
  const mutationOf = ({ entity, ...of }: Mutation): WireMutation => ({ entity: number(entity), of });
  const stepOf = (step: ExecuteStep): WireStep => {
    switch (step.kind) {
      case "read":
        return { kind: "read", entity: number(step.key.entity), key: step.key.key, visible: step.visible };
      case "write":
        return { kind: "write", mutation: mutationOf(step.mutation) };
      case "count": {
        const { entity, ...plan } = step.plan;
        return { kind: "count", entity: number(entity), plan, options: step.options };
      }
    }
  };
  if (job.kind === "write") return { ...job, mutations: job.mutations.map(mutationOf) };
  if (job.kind === "execute") return { ...job, steps: job.steps.map(stepOf) };
  return job;
}

export function fromWire(job: WireJob, { entities }: EntityNumbers): Job {
  const entityAt = (number: number): EntityModel => {
    const entity = entities[number];
    if (!entity) throw new TypeError(`no entity has the number ${number}`);
    return entity;
  };
  // Taking a member of a union's parts away and putting it back is beyond the type checker.
  const mutationOf = (wire: WireMutation): Mutation => ({ ...wire.of, entity: entityAt(wire.entity) }) as Mutation;
  const stepOf = (step: WireStep): ExecuteStep => {
    switch (step.kind) {
      case "read":
        return { kind: "read", key: { entity: entityAt(step.entity), key: step.key }, visible: step.visible };
      case "write":
        return { kind: "write", mutation: mutationOf(step.mutation) };
      case "count":
        return { kind: "count", plan: { ...step.plan, entity: entityAt(step.entity) }, options: step.options };
    }
  };
  if (job.kind === "write") return { ...job, mutations: job.mutations.map(mutationOf) };
  if (job.kind === "execute") return { ...job, steps: job.steps.map(stepOf) };
  return job;
}

export function toWireAnswer(job: Job, answer: Answer): WireAnswer {
  if (job.kind === "write" && answer.kind === "write" && isPlainCreates(job, answer.result)) return 1;
  return mapErrors(answer, failureData);
}

export function fromWireAnswer(job: Job, wire: WireAnswer): Answer {
  if (wire !== 1) return mapErrors(wire, (error) => fromFailureData(error as FailureData)); // as toWireAnswer made it
  if (job.kind !== "write") throw new TypeError("only writes are answered in short");
  const outcomes = job.mutations.map((mutation): WriteOutcome => {
    const record = job.returning && mutation.kind === "create" ? { record: mutation.record } : {};
    return { status: "applied", created: true, found: true, ...record };
  });
  return { kind: "write", result: { kind: "fresh", outcomes } };
}

function isPlainCreates(job: WriteJob, result: WriteResult): boolean {
  if (result.kind !== "fresh") return false;
  return result.outcomes.every(
    (outcome, i) => outcome.status === "applied" && job.mutations[i]?.kind === "create" && outcome.created,
  );
}

/** Errors lose all but their text on the way between threads, so they travel as data. */
function mapErrors(answer: Answer, map: (error: unknown) => unknown): Answer {
  if (answer.kind === "failed") return { kind: "failed", error: map(answer.error) };
  if ((answer.kind !== "write" && answer.kind !== "execute") || answer.result.kind === "reused") return answer;
  if (answer.result.outcomes.every((outcome) => outcome.status !== "failed")) return answer;
  if (answer.kind === "write") {
    const outcomes = answer.result.outcomes.map((outcome) => mapOutcome(outcome, map));
    return { kind: "write", result: { ...answer.result, outcomes } };
  }
  const outcomes = answer.result.outcomes.map((outcome) => mapOutcome(outcome, map));
  return { kind: "execute", result: { ...answer.result, outcomes } };
}

function mapOutcome<Outcome extends StepOutcome>(outcome: Outcome, map: (error: unknown) => unknown): Outcome {
  return outcome.status === "failed" ? { ...outcome, error: map(outcome.error) } : outcome;
}
