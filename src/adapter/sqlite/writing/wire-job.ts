/** Jobs as they cross to the writer's thread; see `wire-mutation.ts` for why by position. */

import type { Key } from "../../../model/key.ts";
import type { Visibility } from "../../../model/query.ts";
import type { CountOptions, ExecuteStep, ImageOptions, RecordedRequest, Trim } from "../../adapter.ts";
import type { Plan } from "../../plan.ts";
import type {
  ConvertJob,
  DropJob,
  ExecuteJob,
  Job,
  NumbersJob,
  PlanJob,
  ProbeJob,
  SchemaJob,
  SweepJob,
  WriteJob,
} from "./job.ts";
import {
  entityAt,
  fromWireMutation,
  numberOf,
  toWireMutation,
  type EntityNumbers,
  type WireMutation,
} from "./wire-mutation.ts";

/** What there are many of is a list that begins with what it is; a mutation alone is a write of it, not recorded, whose row is wanted. */
export type WireJob =
  | WireMutation
  | WireWrite
  | WireExecute
  | SweepJob
  | NumbersJob
  | SchemaJob
  | PlanJob
  | ConvertJob
  | DropJob
  | ProbeJob;

type WireWrite = readonly [
  "write",
  atomic: boolean,
  returning: boolean,
  RecordedRequest | undefined,
  readonly WireMutation[],
  (Trim | undefined)?,
  ImageOptions?,
];

type WireExecute = readonly [
  "execute",
  RecordedRequest | undefined,
  required: readonly boolean[],
  readonly WireStep[],
  (Trim | undefined)?,
  ImageOptions?,
];

type WireStep =
  | WireMutation
  | readonly ["read", entity: number, Key, Visibility]
  | readonly ["count", entity: number, Omit<Plan, "entity">, CountOptions];

export function toWire(job: Job, numbers: EntityNumbers): WireJob {
  if (job.kind === "write") return toWireWrite(job, numbers);
  if (job.kind !== "execute") return job;
  const steps = job.steps.map((step) => toWireStep(step, numbers));
  const { request, required, trim, imaging } = job;
  if (imaging) return ["execute", request, required, steps, trim, imaging];
  return trim ? ["execute", request, required, steps, trim] : ["execute", request, required, steps];
}

export function fromWire(wire: WireJob, numbers: EntityNumbers): Job {
  if (!isList(wire)) return wire;
  if (wire[0] === "write") return fromWireWrite(wire, numbers);
  if (wire[0] === "execute") return fromWireExecute(wire, numbers);
  const mutations = [fromWireMutation(wire, numbers)];
  return { kind: "write", mutations, atomic: false, returning: true, request: undefined };
}

function toWireWrite(
  { mutations, atomic, returning, trim, request, imaging }: WriteJob,
  numbers: EntityNumbers,
): WireJob {
  const [first, second] = mutations;
  if (first && !second && !atomic && returning && !trim && !request && !imaging) return toWireMutation(first, numbers);
  const wire = mutations.map((mutation) => toWireMutation(mutation, numbers));
  if (imaging) return ["write", atomic, returning, request, wire, trim, imaging];
  return trim ? ["write", atomic, returning, request, wire, trim] : ["write", atomic, returning, request, wire];
}

function fromWireWrite(
  [kind, atomic, returning, request, wire, trim, imaging]: WireWrite,
  numbers: EntityNumbers,
): WriteJob {
  const mutations = wire.map((mutation) => fromWireMutation(mutation, numbers));
  return { kind, mutations, atomic, returning, request, ...(trim && { trim }), ...(imaging && { imaging }) };
}

function fromWireExecute(
  [kind, request, required, wire, trim, imaging]: WireExecute,
  numbers: EntityNumbers,
): ExecuteJob {
  const steps = wire.map((step) => fromWireStep(step, numbers));
  return { kind, steps, required, request, ...(trim && { trim }), ...(imaging && { imaging }) };
}

function toWireStep(step: ExecuteStep, numbers: EntityNumbers): WireStep {
  switch (step.kind) {
    case "write":
      return toWireMutation(step.mutation, numbers);
    case "read":
      return ["read", numberOf(numbers, step.key.entity), step.key.key, step.visible];
    case "count": {
      const { entity, ...plan } = step.plan;
      return ["count", numberOf(numbers, entity), plan, step.options];
    }
  }
}

function fromWireStep(wire: WireStep, numbers: EntityNumbers): ExecuteStep {
  if (wire[0] === "read") {
    const [kind, entity, key, visible] = wire;
    return { kind, key: { entity: entityAt(numbers, entity), key }, visible };
  }
  if (wire[0] === "count") {
    const [kind, entity, plan, options] = wire;
    return { kind, plan: { ...plan, entity: entityAt(numbers, entity) }, options };
  }
  return { kind: "write", mutation: fromWireMutation(wire, numbers) };
}

/** What is not a list is a job as it was asked. */
function isList(wire: WireJob): wire is WireMutation | WireWrite | WireExecute {
  return Array.isArray(wire);
}
