/** A repository that may not be there yet, or not at all: each call asks for it, and fails with the Fault that says why not. */

import type { EntityModel } from "../model/entity.ts";
import type { Repository } from "../repository/repository.ts";

/** `next` throws a Fault while there is none. */
export function available(entity: EntityModel, next: () => Repository): Repository {
  return {
    entity,
    create: async (request, call) => next().create(request, call),
    get: async (request, call) => next().get(request, call),
    batchGet: async (request, call) => next().batchGet(request, call),
    list: async (request, call) => next().list(request, call),
    scan: (request, call) => next().scan(request, call),
    count: async (request, call) => next().count(request, call),
    exists: async (request, call) => next().exists(request, call),
    update: async (request, call) => next().update(request, call),
    put: async (request, call) => next().put(request, call),
    delete: async (request, call) => next().delete(request, call),
    undelete: async (request, call) => next().undelete(request, call),
    batchWrite: async (request, call) => next().batchWrite(request, call),
  };
}
