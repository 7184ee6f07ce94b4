/** Measures and traces every method of a repository. */

import type { Interceptor } from "../model/interceptor.ts";
import type { Repository } from "../repository/repository.ts";

/** `intercept` is called once for each method. */
export function observe(next: Repository, intercept: (method: string) => Interceptor): Repository {
  const interceptors = {
    create: intercept("Create"),
    get: intercept("Get"),
    batchGet: intercept("BatchGet"),
    list: intercept("List"),
    scan: intercept("Scan"),
    count: intercept("Count"),
    exists: intercept("Exists"),
    update: intercept("Update"),
    put: intercept("Put"),
    delete: intercept("Delete"),
    undelete: intercept("Undelete"),
    batchWrite: intercept("BatchWrite"),
  };
  return {
    entity: next.entity,
    create: (request, call) => interceptors.create.run(call, () => next.create(request, call)),
    get: (request, call) => interceptors.get.run(call, () => next.get(request, call)),
    batchGet: (request, call) => interceptors.batchGet.run(call, () => next.batchGet(request, call)),
    list: (request, call) => interceptors.list.run(call, () => next.list(request, call)),
    scan: (request, call) => interceptors.scan.stream(call, next.scan(request, call)),
    count: (request, call) => interceptors.count.run(call, () => next.count(request, call)),
    exists: (request, call) => interceptors.exists.run(call, () => next.exists(request, call)),
    update: (request, call) => interceptors.update.run(call, () => next.update(request, call)),
    put: (request, call) => interceptors.put.run(call, () => next.put(request, call)),
    delete: (request, call) => interceptors.delete.run(call, () => next.delete(request, call)),
    undelete: (request, call) => interceptors.undelete.run(call, () => next.undelete(request, call)),
    batchWrite: (request, call) => interceptors.batchWrite.run(call, () => next.batchWrite(request, call)),
  };
}
