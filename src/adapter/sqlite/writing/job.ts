/** What the writer is asked, and what it answers. How both cross to its thread: `wire-job.ts`, `wire-answer.ts`. */

import type { Mutation } from "../../../model/mutation.ts";
import type { ConversionProgress, DropRequest, EntityPlan } from "../../schema.ts";
import type { ExecuteResult, ExecuteStep, ImageOptions, RecordedRequest, Trim, WriteResult } from "../../adapter.ts";
import type { WriteQueue } from "../../embedded/write-queue.ts";
import type { Survey } from "../tables/survey.ts";

export type Job = WriteJob | ExecuteJob | SweepJob | NumbersJob | SchemaJob | PlanJob | ConvertJob | DropJob | ProbeJob;

export interface WriteJob {
  readonly kind: "write";
  readonly mutations: readonly Mutation[];
  readonly atomic: boolean;
  readonly returning: boolean;
  readonly trim?: Trim | undefined;
  readonly request: RecordedRequest | undefined;
  readonly imaging?: ImageOptions;
}

export interface ExecuteJob {
  readonly kind: "execute";
  readonly steps: readonly ExecuteStep[];
  readonly required: readonly boolean[];
  readonly trim?: Trim | undefined;
  readonly request: RecordedRequest | undefined;
  readonly imaging?: ImageOptions;
}

/** Removes some of what has expired. */
export interface SweepJob {
  readonly kind: "sweep";
  /** Nanoseconds. */
  readonly now: bigint;
  /** Most rows of one table in one step. */
  readonly limit: number;
}

/** Gives out numbers for a field of GENERATE_SEQUENCE. */
export interface NumbersJob {
  readonly kind: "numbers";
  /** Full name. */
  readonly entity: string;
  /** Of the field. */
  readonly ordinal: number;
  readonly count: number;
}

/** Asks whether the file can be written to, and whether what was found damaged still is. */
export interface ProbeJob {
  readonly kind: "probe";
}

/** Compares the file with the entities, and with `apply` adds what may be added at a start. */
export interface SchemaJob {
  readonly kind: "verify" | "apply";
}

/** What every entity's change means, with the rows looked at. */
export interface PlanJob {
  readonly kind: "plan";
}

/** One step of an entity's conversion. */
export interface ConvertJob {
  readonly kind: "convert";
  /** Full name. */
  readonly entity: string;
  readonly accept: readonly string[];
  readonly rows: number;
}

/** One step of dropping an entity that is not declared any more. */
export interface DropJob extends DropRequest {
  readonly kind: "drop";
}

export type Answer =
  | { readonly kind: "plan"; readonly plans: readonly EntityPlan[] }
  | { readonly kind: "convert"; readonly progress: ConversionProgress }
  | { readonly kind: "write"; readonly result: WriteResult }
  | { readonly kind: "execute"; readonly result: ExecuteResult }
  /** Whether there may be more to sweep. */
  | { readonly kind: "sweep"; readonly swept: number; readonly more: boolean }
  | { readonly kind: "numbers"; readonly last: bigint }
  | { readonly kind: "survey"; readonly survey: Survey }
  | { readonly kind: "probe" }
  | { readonly kind: "failed"; readonly error: unknown };

/** Of this store's writes. */
export type JobQueue = WriteQueue<Job, Exclude<Answer, { kind: "failed" }>>;

/** How many mutations a job counts as. */
export function weightOf(job: Job): number {
  if (job.kind === "write") return job.mutations.length;
  return job.kind === "execute" ? job.steps.length : 1;
}
