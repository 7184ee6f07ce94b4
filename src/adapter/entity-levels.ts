/** A decorator of an adapter: the consistency that the configuration gives an entity, for calls that name none. */

import type { EntityModel } from "../model/entity.ts";
import type { EntityKey } from "../model/key.ts";
import type { Consistency } from "../model/query.ts";
import type { Adapter, ExecuteStep } from "./adapter.ts";

export interface EntityLevels {
  readonly read?: Consistency;
  readonly write?: Consistency;
}

/** What a call names goes before what is configured. Of a unit of several entities the first one's is taken. */
export function withEntityLevels(inner: Adapter, levels: ReadonlyMap<EntityModel, EntityLevels>): Adapter {
  if ([...levels.values()].every(({ read, write }) => read === undefined && write === undefined)) return inner;
  const [count, modify, execute] = [inner.count?.bind(inner), inner.modify?.bind(inner), inner.execute?.bind(inner)];
  type Asking = { readonly consistency: Consistency | undefined };
  const asking = <Asked extends Asking>(asked: Asked, access: keyof EntityLevels, entity?: EntityModel): Asked => {
    const level = entity && levels.get(entity)?.[access];
    return asked.consistency === undefined && level !== undefined ? { ...asked, consistency: level } : asked;
  };
  return {
    ...inner,
    read: (request, call) => inner.read(asking(request, "read", request.keys[0]?.entity), call),
    scan: (plan, window, call) => inner.scan(plan, asking(window, "read", plan.entity), call),
    write: (request, call) => inner.write(asking(request, "write", request.mutations[0]?.entity), call),
    ...(count && { count: (plan, options, call) => count(plan, asking(options, "read", plan.entity), call) }),
    ...(modify && {
      modify: (mutation, decide, options, call) =>
        modify(mutation, decide, asking(options, "write", mutation.entity), call),
    }),
    ...(execute && {
      execute: (request, call) => execute(asking(request, "write", placeOf(request.steps[0])?.entity), call),
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
