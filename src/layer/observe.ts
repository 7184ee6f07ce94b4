/** A repository whose every method is measured and traced by what stands around it. */

import type { Around } from "../model/around.ts";
import type { Repository } from "../repository/repository.ts";

/** `around` is asked once for each method. */
export function observe(next: Repository, around: (method: string) => Around): Repository {
  const arounds = {
    create: around("Create"),
    get: around("Get"),
    batchGet: around("BatchGet"),
    list: around("List"),
    scan: around("Scan"),
    count: around("Count"),
    exists: around("Exists"),
    update: around("Update"),
    put: around("Put"),
    delete: around("Delete"),
    undelete: around("Undelete"),
    batchWrite: around("BatchWrite"),
  };
  return {
    entity: next.entity,
    create: (request, call) => arounds.create.run(call, () => next.create(request, call)),
    get: (request, call) => arounds.get.run(call, () => next.get(request, call)),
    batchGet: (request, call) => arounds.batchGet.run(call, () => next.batchGet(request, call)),
    list: (request, call) => arounds.list.run(call, () => next.list(request, call)),
    scan: (request, call) => arounds.scan.stream(call, next.scan(request, call)),
    count: (request, call) => arounds.count.run(call, () => next.count(request, call)),
    exists: (request, call) => arounds.exists.run(call, () => next.exists(request, call)),
    update: (request, call) => arounds.update.run(call, () => next.update(request, call)),
    put: (request, call) => arounds.put.run(call, () => next.put(request, call)),
    delete: (request, call) => arounds.delete.run(call, () => next.delete(request, call)),
    undelete: (request, call) => arounds.undelete.run(call, () => next.undelete(request, call)),
    batchWrite: (request, call) => arounds.batchWrite.run(call, () => next.batchWrite(request, call)),
  };
}
