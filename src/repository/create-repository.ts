/** The repository of one entity: every operation, with what it needs worked out once, and Faults that say where they happened. */

import type { Call } from "../model/call.ts";
import { Fault } from "../model/fault.ts";
import { batchWrite } from "./write/batch-write.ts";
import { batchGet, get } from "./read/get.ts";
import { list } from "./read/list.ts";
import { errorContext } from "./write/rejection.ts";
import type { ItemResult, ScanFrame, ScanRequest } from "./operation.ts";
import type { Repository } from "./repository.ts";
import { scan } from "./read/scan.ts";
import { createScope, scopeOf, type RepositoryOptions, type Scope } from "./scope.ts";
import { count, exists } from "./read/count.ts";
import { write } from "./write/write.ts";

export function createRepository(options: RepositoryOptions): Repository {
  const scope = createScope(options);
  return {
    entity: scope.entity,
    create: located(scope, "Create", (own, request, call) => write(own, { kind: "create", request }, call)),
    get: located(scope, "Get", (own, request, call) => get(own, request, call)),
    batchGet: located(scope, "BatchGet", async (own, request, call) =>
      placed(own, "BatchGet", await batchGet(own, request, call)),
    ),
    list: located(scope, "List", (own, request, call) => list(own, request, call)),
    scan: (request, call) => locatedScan(scope, request, call),
    count: located(scope, "Count", (own, request, call) => count(own, request, call)),
    exists: located(scope, "Exists", (own, request, call) => exists(own, request, call)),
    update: located(scope, "Update", (own, request, call) => write(own, { kind: "update", request }, call)),
    put: located(scope, "Put", (own, request, call) => write(own, { kind: "put", request }, call)),
    delete: located(scope, "Delete", (own, request, call) => write(own, { kind: "delete", request }, call)),
    undelete: located(scope, "Undelete", (own, request, call) => write(own, { kind: "undelete", request }, call)),
    batchWrite: located(scope, "BatchWrite", async (own, request, call) =>
      placed(own, "BatchWrite", await batchWrite(own, request, call)),
    ),
  };
}

type Work<Request, Result> = (request: Request, call: Call) => Promise<Result>;
/** Work at the store, or in the transaction that the call has joined. */
type ScopedWork<Request, Result> = (scope: Scope, request: Request, call: Call) => Promise<Result>;

function located<Request, Result>(
  scope: Scope,
  operation: string,
  work: ScopedWork<Request, Result>,
): Work<Request, Result> {
  const where = errorContext(scope, operation);
  const mayJoin = scope.joined !== undefined; // looked at once: the scope is read by every call
  return async (request, call) => {
    try {
      return await work(mayJoin ? scopeOf(scope, call) : scope, request, call);
    } catch (error) {
      throw locate(error, where);
    }
  };
}

async function* locatedScan(
  scope: Scope,
  request: ScanRequest,
  call: Call,
): AsyncGenerator<ScanFrame, void, undefined> {
  try {
    yield* scan(scopeOf(scope, call), request, call);
  } catch (error) {
    throw locate(error, errorContext(scope, "Scan"));
  }
}

/** What is no Fault is a mistake of ours, and says nothing to callers but that. */
function locate(error: unknown, where: ReturnType<typeof errorContext>): Fault {
  if (error instanceof Fault) return error.within(where);
  return new Fault("INTERNAL", "the sidecar met a mistake of its own; its log says more", { ...where, cause: error });
}

/** Items fail alone, and say where like any other failure. */
function placed(scope: Scope, operation: string, items: readonly ItemResult[]): readonly ItemResult[] {
  if (!items.some((item) => item.kind === "fault")) return items;
  const where = errorContext(scope, operation);
  return items.map((item, index) =>
    item.kind === "fault" ? { kind: "fault", fault: item.fault.within({ ...where, index }) } : item,
  );
}
