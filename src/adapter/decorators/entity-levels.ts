/** A decorator of an adapter: the consistency that the configuration gives an entity, for calls that name none. */

import type { EntityModel } from "../../model/entity.ts";
import type { EntityKey } from "../../model/key.ts";
import type { Consistency } from "../../model/query.ts";
import type { Adapter, ExecuteStep } from "../adapter.ts";

export interface EntityLevels {
  readonly read?: Consistency;
  readonly write?: Consistency;
}

/** What a call names goes before what is configured. Of a unit of several entities the first one's is taken. */
export function withEntityLevels(inner: Adapter, levels: ReadonlyMap<EntityModel, EntityLevels>): Adapter {
  if ([...levels.values()].every(({ read, write }) => read === undefined && write === undefined)) return inner;
  const [count, modify, execute] = [inner.count?.bind(inner), inner.modify?.bind(inner), inner.execute?.bind(inner)];
  type Levelled = { readonly consistency: Consistency | undefined };
  const levelled = <Request extends Levelled>(
    request: Request,
    access: keyof EntityLevels,
    entity?: EntityModel,
  ): Request => {
    const level = entity && levels.get(entity)?.[access];
    return request.consistency === undefined && level !== undefined ? { ...request, consistency: level } : request;
  };
  return {
    ...inner,
    read: (request, call) => inner.read(levelled(request, "read", request.keys[0]?.entity), call),
    scan: (plan, window, call) => inner.scan(plan, levelled(window, "read", plan.entity), call),
    write: (request, call) => inner.write(levelled(request, "write", request.mutations[0]?.entity), call),
    ...(count && { count: (plan, options, call) => count(plan, levelled(options, "read", plan.entity), call) }),
    ...(modify && {
      modify: (mutation, decide, options, call) =>
        modify(mutation, decide, levelled(options, "write", mutation.entity), call),
    }),
    ...(execute && {
      execute: (request, call) => execute(levelled(request, "write", placeOf(request.steps[0])?.entity), call),
    }),
  };
}

function placeOf(step: ExecuteStep | undefined): Pick<EntityKey, "entity"> | undefined {
  switch (step?.kind) {
    case "read":
      return step.key;
    case "write":
      return step.mutation;
    case "count":
      return step.plan;
    case undefined:
      return undefined;
  }
}
