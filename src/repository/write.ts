/** The writes of one row: Create, Update, Put, Delete, Undelete. */

import type { Call } from "../model/call.ts";
import { requireConsistency } from "./capability.ts";
import { foreseen, prepare, type WriteRequest } from "./prepare.ts";
import type { Written } from "./repository.ts";
import { exclusively, recordedRequest } from "./request-id.ts";
import { nowOf, type Scope } from "./scope.ts";
import { routeOf, submit } from "./submit.ts";

const METHODS = { create: "Create", update: "Update", put: "Put", delete: "Delete", undelete: "Undelete" } as const;

/** The method a write came by, as its service names it. */
export function methodOf(kind: WriteRequest["kind"]): (typeof METHODS)[WriteRequest["kind"]] {
  return METHODS[kind];
}

export async function write(scope: Scope, asked: WriteRequest, call: Call): Promise<Written> {
  const { request } = asked;
  requireConsistency(scope, request.consistency, "write");
  const prepared = prepare(scope, asked, nowOf(scope));
  const identity = { id: request.requestId, within: scope.entity.name, method: methodOf(asked.kind), request };
  const recorded = recordedRequest(scope, identity);
  if (asked.kind !== "undelete" && asked.request.validateOnly) {
    routeOf(scope, prepared, false); // refuses what the store cannot do
    const entity = "entity" in asked.request ? asked.request.entity : undefined;
    return { entity: { record: foreseen(scope, prepared, entity), fields: prepared.shown.fields }, created: false };
  }
  const submission = { writes: [prepared], atomic: false, consistency: request.consistency, request: recorded };
  const [settled] = await exclusively(scope.inFlight, recorded, () => submit(scope, submission, call));
  if (settled?.kind === "written") return settled.written;
  throw settled?.fault ?? new TypeError("a write was left unanswered");
}
