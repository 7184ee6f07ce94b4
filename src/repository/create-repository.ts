/** The repository of one entity: every operation, with what it needs worked out once, and Faults that say where they happened. */

import type { Call } from "../model/call.ts";
import { Fault } from "../model/fault.ts";
import { batchWrite } from "./write/batch-write.ts";
import { batchGet, get } from "./read/get.ts";
import { list } from "./read/list.ts";
import { errorContext } from "./write/rejection.ts";
import type { ItemResult, Repository, ScanFrame, ScanRequest } from "./repository.ts";
import { scan } from "./read/scan.ts";
import { createScope, type RepositoryOptions, type Scope } from "./scope.ts";
import { count, exists } from "./read/count.ts";
import { write } from "./write/write.ts";

export function createRepository(options: RepositoryOptions): Repository {
  const scope = createScope(options);
  return {
    entity: scope.entity,
    create: located(scope, "Create", (request, call) => write(scope, { kind: "create", request }, call)),
    get: located(scope, "Get", (request, call) => get(scope, request, call)),
    batchGet: located(scope, "BatchGet", async (request, call) =>
      placed(scope, "BatchGet", await batchGet(scope, request, call)),
    ),
    list: located(scope, "List", (request, call) => list(scope, request, call)),
    scan: (request, call) => locatedScan(scope, request, call),
    count: located(scope, "Count", (request, call) => count(scope, request, call)),
    exists: located(scope, "Exists", (request, call) => exists(scope, request, call)),
    update: located(scope, "Update", (request, call) => write(scope, { kind: "update", request }, call)),
    put: located(scope, "Put", (request, call) => write(scope, { kind: "put", request }, call)),
    delete: located(scope, "Delete", (request, call) => write(scope, { kind: "delete", request }, call)),
    undelete: located(scope, "Undelete", (request, call) => write(scope, { kind: "undelete", request }, call)),
    batchWrite: located(scope, "BatchWrite", async (request, call) =>
      placed(scope, "BatchWrite", await batchWrite(scope, request, call)),
    ),
  };
}

type Work<Request, Result> = (request: Request, call: Call) => Promise<Result>;

function located<Request, Result>(scope: Scope, operation: string, work: Work<Request, Result>): Work<Request, Result> {
  const where = errorContext(scope, operation);
  return async (request, call) => {
    try {
      return await work(request, call);
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
    yield* scan(scope, request, call);
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
