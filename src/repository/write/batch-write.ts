/** BatchWrite: one answer per write, in order; each by itself, or all or nothing. */

import { withNumbers } from "./numbers.ts";
import { limitOf } from "../../adapter/capabilities.ts";
import type { Call } from "../../model/call.ts";
import { Fault } from "../../model/fault.ts";
import { canonicalRequest } from "../canonical-request.ts";
import { missing, requireConsistency, requireReach, requireRoom, requireUnit } from "../capability.ts";
import { checkBatchSize } from "../read/get.ts";
import { writeMask } from "../mask.ts";
import { prepare, type Prepared, type WriteRequest } from "./prepare.ts";
import type { BatchItem, BatchWriteRequest, ItemResult } from "../operation.ts";
import { checkRequestId, exclusively, misplacedRequestId, recordedRequest } from "./request-id.ts";
import { nowOf, type Scope } from "../scope.ts";
import { routeOf, submit, type Settled } from "./submit.ts";
import { createTrimming } from "./trim.ts";

export async function batchWrite(scope: Scope, request: BatchWriteRequest, call: Call): Promise<readonly ItemResult[]> {
  requireConsistency(scope, request.consistency, "write");
  checkBatchSize(request.writes.length, scope.limits.batchItems, "writes");
  refuseMisuse(scope, request);
  const asked = request.writes.flatMap((item) => (item.kind === "invalid" || item.kind === "none" ? [] : [item]));
  const numbered = scope.layout.isNumbered ? await withNumbers(scope, asked, call) : scope;
  const items = prepareAll(numbered, request);
  const { entity } = scope;
  const said = (): object => canonicalRequest(entity, request);
  const writes = items.filter((item): item is Prepared => !(item instanceof Fault));
  const mutations = writes.map(({ mutation }) => mutation);
  const identity = { id: request.requestId, within: entity.name, method: "BatchWrite", said };
  const recorded = recordedRequest(scope, identity, mutations);
  if (request.atomic) {
    requireReach(scope, "atomic_batch", mutations, "the batch is atomic");
    requireRoom(scope, "atomic_batch", { mutations, others: 0, what: "the atomic batch" });
  }
  const { atomic, consistency } = request;
  const submission = { writes, atomic, consistency, request: recorded, trimming: createTrimming(scope.limits) };
  const settled =
    writes.length === 0 ? [] : await exclusively(scope.inFlight, recorded, () => submit(scope, submission, call));
  if (request.atomic) throwFirst(settled);
  return answersOf(items, settled);
}

/** What is wrong with the request as a whole, or is asked where it has no place. */
function refuseMisuse(scope: Scope, request: BatchWriteRequest): void {
  checkRequestId(request.requestId);
  if (request.requestId !== "" && !request.atomic)
    throw misplacedRequestId(
      "a batch whose writes succeed or fail alone has no single outcome to remember; set atomic, or send no request_id",
    );
  if (request.atomic) requireAtomic(scope, request.writes.length);
  request.writes.forEach((item, i) => refuseItem(item, i, request));
}

function requireAtomic(scope: Scope, size: number): void {
  const published = requireUnit(scope, "atomic_batch", "the batch is atomic");
  const most = limitOf(scope.adapter.capabilities, published);
  if (size > most)
    throw missing(scope, published, `the atomic batch holds ${size} writes, and ${most} is the most`, {
      field: "writes",
    });
}

function refuseItem(item: BatchItem, i: number, batch: BatchWriteRequest): void {
  const field = `writes[${i}]`;
  if (item.kind === "none") throw itemInvalid(field, i, "says nothing; set one of create, update, put, delete");
  if (item.kind === "invalid") return; // fails alone
  const { requestId, validateOnly, readMask, consistency } = item.request;
  if (requestId !== "") throw misplacedRequestId(`${field} has a request_id`).within({ index: i });
  if (validateOnly) throw itemInvalid(`${field}.validate_only`, i, "is not for writes of a batch; leave it out");
  if (readMask && readMask.length > 0)
    throw itemInvalid(`${field}.read_mask`, i, "is not for writes of a batch; set it on the batch");
  if (consistency !== undefined && consistency !== batch.consistency)
    throw itemInvalid(`${field}.consistency`, i, "differs from the batch; set it on the batch");
}

function itemInvalid(field: string, index: number, message: string): Fault {
  return new Fault("BATCH_ITEM_INVALID", `${field} ${message}`, { field, index });
}

/** In an atomic batch the first bad item fails the whole; else it fails alone. */
function prepareAll(scope: Scope, request: BatchWriteRequest): readonly (Prepared | Fault)[] {
  const now = nowOf(scope);
  const shown = writeMask(scope.layout, request.readMask);
  return request.writes.map((item, i) => {
    try {
      const prepared = { ...prepare(scope, asWrite(item), now), shown };
      routeOf(scope, prepared, request.atomic && request.writes.length > 1);
      return prepared;
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      if (request.atomic) throw error.within({ index: i });
      return error;
    }
  });
}

function asWrite(item: BatchItem): WriteRequest {
  if (item.kind === "invalid") throw item.fault;
  if (item.kind === "none") throw new TypeError("an item that says nothing was let through");
  return item;
}

/** The item that made an atomic batch fail; those it took with it are `BATCH_ITEM_SKIPPED`. */
function throwFirst(settled: readonly Settled[]): void {
  const failed = settled.findIndex((one) => one.kind === "fault" && one.fault.reason !== "BATCH_ITEM_SKIPPED");
  const one = settled[failed];
  if (one?.kind === "fault") throw one.fault.within({ index: failed });
}

function answersOf(items: readonly (Prepared | Fault)[], settled: readonly Settled[]): readonly ItemResult[] {
  let at = 0;
  return items.map((item): ItemResult => {
    if (item instanceof Fault) return { kind: "fault", fault: item };
    const one = settled[at++];
    if (one?.kind !== "written") return { kind: "fault", fault: one?.fault ?? unanswered() };
    const { entity, created } = one.written;
    return entity ? { kind: "entity", entity, created, trimmed: one.trimmed } : { kind: "nothing" };
  });
}

function unanswered(): Fault {
  return new Fault("INTERNAL", "the store left a write of the batch unanswered");
}
