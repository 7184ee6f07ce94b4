/** One operation of an Execute: the step it is for the store, and the answer it gets. */

import type { ExecuteStep, FieldSet, StepOutcome } from "../../adapter/adapter.ts";
import type { Plan } from "../../adapter/plan.ts";
import { Fault } from "../../model/fault.ts";
import { missing, requireConsistency, requireNeeds } from "../capability.ts";
import { foldFilter } from "../read/filter.ts";
import { readMask } from "../mask.ts";
import { keyRecord, prepare, type Prepared, type WriteRequest } from "../write/prepare.ts";
import type {
  CountRequest,
  ExistsRequest,
  GetRequest,
  StepOperation,
  OperationResult,
  Projected,
} from "../operation.ts";
import { misplacedRequestId } from "../write/request-id.ts";
import { nowOf, visibility, type Scope } from "../scope.ts";
import { noTarget, planCount } from "../read/count.ts";
import type { Trimming } from "../write/trim.ts";
import { requireKey } from "../validate-key.ts";

/** An operation, checked. Without `step` its answer is known: no row can match. */
export interface CheckedOperation {
  readonly scope: Scope;
  readonly operation: StepOperation;
  readonly step: ExecuteStep | undefined;
  /** Of a write. */
  readonly prepared?: Prepared;
  /** Of a Get. */
  readonly fields?: readonly number[] | undefined;
}

export function stepOf(scope: Scope, operation: StepOperation): CheckedOperation {
  switch (operation.method) {
    case "Get":
      return getStep(scope, operation, operation.request);
    case "Exists":
      return existsStep(scope, operation, operation.request);
    case "Count":
      return countStep(scope, operation, operation.request);
    case "Create":
    case "Update":
    case "Put":
    case "Delete":
    case "Undelete":
      return writeStep(scope, operation, writeOf(operation));
  }
}

type ReadingMethod = "Get" | "Exists" | "Count";

type Writing = Exclude<StepOperation, { readonly method: ReadingMethod }>;

export function isWriting(operation: StepOperation): operation is Writing {
  return operation.method !== "Get" && operation.method !== "Exists" && operation.method !== "Count";
}

export function writeOf(operation: Writing): WriteRequest {
  switch (operation.method) {
    case "Create":
      return { kind: "create", request: operation.request };
    case "Update":
      return { kind: "update", request: operation.request };
    case "Put":
      return { kind: "put", request: operation.request };
    case "Delete":
      return { kind: "delete", request: operation.request };
    case "Undelete":
      return { kind: "undelete", request: operation.request };
  }
}

function writeStep(scope: Scope, operation: StepOperation, write: WriteRequest): CheckedOperation {
  const { request } = write;
  requireConsistency(scope, request.consistency, "write");
  if (request.requestId !== "") throw misplacedRequestId("an operation of the Execute has a request_id");
  if (write.kind !== "undelete" && write.request.validateOnly)
    throw new Fault("OPERATION_INVALID", "validate_only is not for operations of an Execute; leave it out", {
      field: "validate_only",
    });
  const prepared = prepare(scope, write, nowOf(scope));
  requireNeeds(scope, prepared.mutation);
  return { scope, operation, prepared, step: { kind: "write", mutation: prepared.mutation } };
}

function getStep(scope: Scope, operation: StepOperation, request: GetRequest): CheckedOperation {
  requireConsistency(scope, request.consistency, "read");
  const fields = readMask(scope.layout, request.readMask);
  return { scope, operation, fields, step: readStep(scope, request) };
}

function readStep(scope: Scope, request: Pick<GetRequest, "key" | "showDeleted">): ExecuteStep {
  const key = { entity: scope.entity, key: requireKey(scope.layout, request.key, "key") };
  return { kind: "read", key, visible: visibility(scope, request.showDeleted) };
}

function existsStep(scope: Scope, operation: StepOperation, request: ExistsRequest): CheckedOperation {
  requireConsistency(scope, request.consistency, "read");
  switch (request.target) {
    case "key":
      return { scope, operation, step: readStep(scope, request) };
    case "where":
      return { scope, operation, step: countRowsStep(scope, request, { what: "looking for a row", limit: 1 }) };
    case "none":
      throw noTarget();
  }
}

function countStep(scope: Scope, operation: StepOperation, request: CountRequest): CheckedOperation {
  requireConsistency(scope, request.consistency, "read");
  return { scope, operation, step: countRowsStep(scope, request, { what: "counting" }) };
}

interface CountingStep {
  readonly what: string;
  readonly limit?: number;
}

function countRowsStep(scope: Scope, request: CountRequest, { what, limit }: CountingStep): ExecuteStep | undefined {
  const where = foldFilter(scope.layout, request.where, scope.limits.oneOf);
  const plan: Plan | undefined = planCount(scope, where, request.allowScan, what);
  if (!plan) return undefined;
  // Inside a transaction nothing can be evaluated here, between the store's own steps.
  if (plan.residual)
    throw missing(scope, "execute_read", `${what} by a filter that the store does not evaluate itself`);
  const options = { visible: visibility(scope, request.showDeleted), consistency: request.consistency };
  return { kind: "count", plan, options: limit === undefined ? options : { ...options, limit } };
}

/** What the answer shows of the operation's row; no field where it shows none. */
export function shownFields({ operation, prepared, fields }: CheckedOperation): FieldSet {
  if (prepared) return prepared.shown.fields;
  return operation.method === "Get" ? fields : [];
}

/** The operation has succeeded; what no longer fits holds its key alone. */
export function answerOf(
  step: CheckedOperation,
  outcome: StepOutcome | undefined,
  trimming: Trimming,
): OperationResult {
  const { method } = step.operation;
  switch (method) {
    case "Get":
      if (outcome?.status !== "found") break;
      return {
        method,
        ...trimming.fit(step.scope.layout, { record: outcome.record, fields: step.fields }, outcome.trimmed === true),
      };
    case "Exists":
      return { method, exists: outcome?.status === "found" || (outcome?.status === "counted" && outcome.count > 0) };
    case "Count":
      return { method, count: outcome?.status === "counted" ? outcome.count : 0 };
    case "Create":
    case "Update":
    case "Put":
    case "Delete":
    case "Undelete":
      return writtenOf(step, method, outcome, trimming);
  }
  throw new TypeError("a Get that found nothing was taken for a success");
}

type WriteMethod = Extract<OperationResult, { readonly written: unknown }>["method"];

function writtenOf(
  { scope, prepared }: CheckedOperation,
  method: WriteMethod,
  outcome: StepOutcome | undefined,
  trimming: Trimming,
): OperationResult {
  if (outcome?.status !== "applied" || !prepared)
    throw new TypeError("a write that did not apply was taken for a success");
  if (!outcome.found) return { method, written: { entity: undefined, created: false }, trimmed: false };
  const { entity, trimmed } = trimming.fit(
    scope.layout,
    shownOf(scope, prepared, outcome.record),
    outcome.trimmed === true,
  );
  return { method, written: { entity, created: outcome.created }, trimmed };
}

/** Where the store returns nothing, what was asked to be shown is known. */
function shownOf(scope: Scope, { mutation, shown }: Prepared, record: Projected["record"] | undefined): Projected {
  const known = record ?? (mutation.kind === "create" ? mutation.record : keyRecord(scope, mutation));
  return { record: known, fields: shown.fields };
}
