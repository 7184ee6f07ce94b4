/** request_id: what makes two writes the same, and that only one of them is under way. */

import type { RecordedRequest } from "../../adapter/adapter.ts";
import type { TransientSet } from "../../containers/transient-set.ts";
import { Fault } from "../../model/fault.ts";
import type { EntityKey } from "../../model/key.ts";
import { digestOf } from "../canonical.ts";
import { requireCapability, requireReach } from "../capability.ts";
import type { Scope } from "../scope.ts";

/** Letters, marks, digits, punctuation, symbols and plain spaces. */
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]{1,64}$/u;

/** Empty is none. */
export function checkRequestId(id: string): void {
  if (id === "" || PRINTABLE.test(id)) return;
  throw new Fault("REQUEST_ID_INVALID", "request_id must be 1 to 64 printable characters; a UUID is a good one", {
    field: "request_id",
  });
}

/** Inside batches and Execute one id names the whole. */
export function misplacedRequestId(what: string): Fault {
  return new Fault("REQUEST_ID_MISPLACED", `${what}; put request_id on the whole request instead`, {
    field: "request_id",
  });
}

export interface Identified {
  readonly id: string;
  /** What the id is unique within: the entity, or Execute and the store. */
  readonly within: string;
  readonly method: string;
  /** What the request says (`canonical-request.ts`); asked only where there is an id. */
  readonly said: () => object;
}

/** How the store shall remember the request, which writes rows of these keys; undefined without an id. Refuses where it cannot. */
export function recordedRequest(
  store: Pick<Scope, "adapter" | "store" | "clock">,
  identified: Identified,
  keys: readonly EntityKey[],
): RecordedRequest | undefined {
  checkRequestId(identified.id);
  if (identified.id === "") return undefined;
  requireReach(store, "request_id", keys, "the request has a request_id");
  requireCapability(store, "returning", "the request has a request_id, whose answer is kept");
  return {
    id: `${identified.within}/${identified.id}`,
    digest: digestOf([identified.method, identified.said()]),
    now: store.clock.now(),
  };
}

/** Runs a write while no other with its id runs here. The store keeps those of other processes apart. */
export function exclusively<T>(
  inFlight: TransientSet<string>,
  request: RecordedRequest | undefined,
  write: () => Promise<T>,
): Promise<T> {
  return request ? alone(inFlight, request, write) : write();
}

async function alone<T>(inFlight: TransientSet<string>, request: RecordedRequest, write: () => Promise<T>): Promise<T> {
  if (inFlight.has(request.id))
    throw new Fault(
      "REQUEST_IN_PROGRESS",
      "a request with this request_id is still running; ask again when it is over",
      {
        field: "request_id",
      },
    );
  inFlight.add(request.id);
  try {
    return await write();
  } finally {
    inFlight.delete(request.id);
  }
}

export function reusedRequestId(): Fault {
  return new Fault("REQUEST_ID_REUSED", "this request_id belongs to another request; take a new one", {
    field: "request_id",
  });
}
