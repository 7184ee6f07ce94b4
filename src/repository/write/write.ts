/** The writes of one row: Create, Update, Put, Delete, Undelete. */

import { has } from "../../adapter/capabilities.ts";
import type { Call } from "../../model/call.ts";
import { Fault } from "../../model/fault.ts";
import { exceedsBytes } from "../../model/size.ts";
import { canonicalRequest } from "../canonical-request.ts";
import { requireConsistency } from "../capability.ts";
import { withNumbers } from "./numbers.ts";
import { answering, predictedRow, prepare, type WriteRequest } from "./prepare.ts";
import type { Written } from "../operation.ts";
import { exclusively, recordedRequest } from "./request-id.ts";
import { nowOf, type Scope } from "../scope.ts";
import { routeOf, submit } from "./submit.ts";

const METHODS = { create: "Create", update: "Update", put: "Put", delete: "Delete", undelete: "Undelete" } as const;

/** The method a write came by, as its service names it. */
export function methodOf(kind: WriteRequest["kind"]): (typeof METHODS)[WriteRequest["kind"]] {
  return METHODS[kind];
}

export async function write(scope: Scope, asked: WriteRequest, call: Call): Promise<Written> {
  const { request } = asked;
  requireConsistency(scope, request.consistency, "write");
  const numbered = scope.layout.isNumbered ? await withNumbers(scope, [asked], call) : scope;
  const prepared = answering(scope, prepare(numbered, asked, nowOf(scope)));
  const { entity: model } = scope;
  const said = (): object => canonicalRequest(model, request);
  const identity = { id: request.requestId, within: model.name, method: methodOf(asked.kind), said };
  const recorded = recordedRequest(scope, identity, [prepared.mutation]);
  if (asked.kind !== "undelete" && asked.request.validateOnly) {
    routeOf(scope, prepared, false); // refuses what the store cannot do
    const entity = "entity" in asked.request ? asked.request.entity : undefined;
    return { entity: { record: predictedRow(scope, prepared, entity), fields: prepared.shown.fields }, created: false };
  }
  const { consistency } = request;
  const submission = { writes: [prepared], atomic: false, consistency, request: recorded, trimming: undefined };
  const [settled] = await exclusively(scope.inFlight, recorded, () => submit(scope, submission, call));
  if (settled?.kind !== "written") throw settled?.fault ?? new TypeError("a write was left unanswered");
  const isTold = recorded === undefined && has(scope.adapter.capabilities, "returning");
  return isTold ? settled.written : answerable(scope, settled.written);
}

/** A repeated request_id may show more than the first did, and a row that is read back is what others have made of it. */
function answerable(scope: Scope, written: Written): Written {
  const { entity } = written;
  if (!entity || !exceedsBytes(scope.entity.message, entity.record, scope.limits.answerRowBytes, entity.fields))
    return written;
  const message = "the write is done, but its row does not fit into an answer; read it with a read_mask";
  throw new Fault("RESPONSE_TOO_LARGE", message);
}
