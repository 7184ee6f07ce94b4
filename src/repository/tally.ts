/** Counting and looking for one: Count, Exists, exact totals. Without a range they are scans, also without a filter. */

import { has } from "../adapter/capabilities.ts";
import type { Plan } from "../adapter/plan.ts";
import type { Call } from "../model/call.ts";
import { Fault } from "../model/fault.ts";
import type { Consistency, Visibility } from "../model/query.ts";
import { isVisible } from "../model/visibility.ts";
import { attempt, faultOf } from "./attempt.ts";
import { requireConsistency } from "./capability.ts";
import { foldFilter, type Folded } from "./filter.ts";
import { inOneState } from "./one-state.ts";
import { mayScan, neededFields, planOf, scanRequired } from "./question.ts";
import type { CountRequest, ExistsRequest } from "./repository.ts";
import { visibility, type Scope } from "./scope.ts";
import { requireKey } from "./validate-key.ts";
import { createWalk } from "./walk.ts";

export async function count(scope: Scope, request: CountRequest, call: Call): Promise<number> {
  requireConsistency(scope, request.consistency, "read");
  const where = foldFilter(scope.shape, request.where, scope.limits.oneOf);
  const plan = tallyPlan(scope, where, request.allowScan, "counting");
  if (!plan) return 0;
  const options = { visible: visibility(scope, request.showDeleted), consistency: request.consistency };
  return inOneState(scope, call, (one) => countRows(one, plan, options, call));
}

export async function exists(scope: Scope, request: ExistsRequest, call: Call): Promise<boolean> {
  requireConsistency(scope, request.consistency, "read");
  switch (request.target) {
    case "key":
      return existsByKey(scope, request, call);
    case "where":
      return existsByFilter(scope, request, call);
    case "none":
      throw noTarget();
  }
}

export function noTarget(): Fault {
  return new Fault("FIELD_REQUIRED", "Exists needs a key or a where; an empty where asks for any row", {
    field: "key",
  });
}

async function existsByKey(scope: Scope, request: ExistsRequest, call: Call): Promise<boolean> {
  const { entity } = scope;
  const key = requireKey(scope.shape, request.key, "key");
  const read = { keys: [{ entity, key }], fields: scope.shape.keyOrdinals, consistency: request.consistency };
  const [outcome] = await attempt(scope, call, () => scope.adapter.read(read, call));
  if (outcome?.status === "failed") throw faultOf(scope.adapter, outcome.error);
  return outcome?.status === "found" && isVisible(entity, outcome.record, visibility(scope, request.showDeleted));
}

async function existsByFilter(scope: Scope, request: ExistsRequest, call: Call): Promise<boolean> {
  const where = foldFilter(scope.shape, request.where, scope.limits.oneOf);
  const plan = tallyPlan(scope, where, request.allowScan, "looking for a row");
  if (!plan) return false;
  const visible = visibility(scope, request.showDeleted);
  const walk = walkKeys(scope, plan, { visible, consistency: request.consistency });
  let step = await walk.step(undefined, 1, call);
  while (step.met.length === 0 && step.next) step = await walk.step(step.next, 1, call);
  return step.met.length > 0;
}

/** Undefined where no row can match. Refuses what only a scan answers, unless that is allowed. */
export function tallyPlan(scope: Scope, where: Folded, allowScan: boolean, what: string): Plan | undefined {
  if (where.kind === "nothing") return undefined;
  const plan = planOf(scope, where, []);
  const isBounded = where.kind === "some" && plan.served;
  if (!isBounded && !mayScan(scope, allowScan))
    throw scanRequired(
      plan,
      where.kind === "all" ? `${what} without a filter reads every row` : `${what} reads every row`,
    );
  return plan;
}

export interface TallyOptions {
  readonly visible: Visibility;
  readonly consistency: Consistency | undefined;
}

/** Exact. Natively where the store evaluates the whole filter, else in bounded windows. */
export async function countRows(scope: Scope, plan: Plan, options: TallyOptions, call: Call): Promise<number> {
  const { adapter } = scope;
  if (adapter.count && has(adapter.capabilities, "count") && !plan.residual)
    return attempt(scope, call, async () => adapter.count?.(plan, options, call) ?? 0);
  const walk = walkKeys(scope, plan, options);
  let step = await walk.step(undefined, Infinity, call);
  let found = step.met.length;
  while (step.next) {
    step = await walk.step(step.next, Infinity, call);
    found += step.met.length;
  }
  return found;
}

function walkKeys(scope: Scope, plan: Plan, options: TallyOptions): ReturnType<typeof createWalk> {
  const fields = neededFields(scope, scope.shape.keyOrdinals, { plan, order: [] });
  return createWalk(scope, { plan, fields, ...options });
}
