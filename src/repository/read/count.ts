/** Counting and looking for one: Count, Exists, exact totals. Without a range they are scans, also without a filter. */

import { has } from "../../adapter/capabilities.ts";
import type { Plan } from "../../adapter/plan.ts";
import type { Call } from "../../model/call.ts";
import { Fault } from "../../model/fault.ts";
import type { Consistency, Visibility } from "../../model/query.ts";
import { isVisible } from "../../model/visibility.ts";
import { attempt, faultOf } from "../attempt.ts";
import { requireConsistency } from "../capability.ts";
import { foldFilter, type Folded } from "./filter.ts";
import { inOneState } from "./one-state.ts";
import { mayScan, neededFields, planOf, scanRequired } from "./compiled-query.ts";
import type { CountRequest, ExistsRequest } from "../operation.ts";
import { visibility, type Scope } from "../scope.ts";
import { requireKey } from "../validate-key.ts";
import { createPlanReader, PASSING } from "../pages/plan-reader.ts";

const ONE = { ...PASSING, rows: 1 };

export async function count(scope: Scope, request: CountRequest, call: Call): Promise<number> {
  requireConsistency(scope, request.consistency, "read");
  const where = foldFilter(scope.layout, request.where, scope.limits.oneOf);
  const plan = planCount(scope, where, request.allowScan, "counting");
  if (!plan) return 0;
  const options = { visible: visibility(scope, request.showDeleted), consistency: request.consistency };
  if (scope.adapter.isReadOneState === true && isNative(scope, plan)) return countByPlan(scope, plan, options, call);
  return inOneState(scope, call, (one) => countByPlan(one, plan, options, call));
}

/** Whether the store counts by itself, at once. */
function isNative({ adapter }: Scope, { residual }: Plan): boolean {
  return adapter.count !== undefined && has(adapter.capabilities, "count") && !residual;
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
  const key = requireKey(scope.layout, request.key, "key");
  const read = { keys: [{ entity, key }], fields: scope.layout.keyOrdinals, consistency: request.consistency };
  const [outcome] = await attempt(scope, call, () => scope.adapter.read(read, call));
  if (outcome?.status === "failed") throw faultOf(scope.adapter, outcome.error);
  return outcome?.status === "found" && isVisible(entity, outcome.record, visibility(scope, request.showDeleted));
}

async function existsByFilter(scope: Scope, request: ExistsRequest, call: Call): Promise<boolean> {
  const where = foldFilter(scope.layout, request.where, scope.limits.oneOf);
  const plan = planCount(scope, where, request.allowScan, "looking for a row");
  if (!plan) return false;
  const visible = visibility(scope, request.showDeleted);
  const reader = keyReader(scope, plan, { visible, consistency: request.consistency });
  let window = await reader.readWindow(undefined, ONE, call);
  while (window.rows.length === 0 && window.next) window = await reader.readWindow(window.next, ONE, call);
  return window.rows.length > 0;
}

/** Undefined where no row can match. Refuses what only a scan answers, unless that is allowed. */
export function planCount(scope: Scope, where: Folded, allowScan: boolean, what: string): Plan | undefined {
  if (where.kind === "nothing") return undefined;
  const plan = planOf(scope, where, []);
  const isBounded = where.kind === "some" && !plan.needsScan;
  if (!isBounded && !mayScan(scope, allowScan))
    throw scanRequired(
      plan,
      where.kind === "all" ? `${what} without a filter reads every row` : `${what} reads every row`,
    );
  return plan;
}

export interface CountOptions {
  readonly visible: Visibility;
  readonly consistency: Consistency | undefined;
}

/** Exact. Natively where the store evaluates the whole filter, else in bounded windows. */
export async function countByPlan(scope: Scope, plan: Plan, options: CountOptions, call: Call): Promise<number> {
  const { adapter } = scope;
  if (isNative(scope, plan)) return attempt(scope, call, async () => adapter.count?.(plan, options, call) ?? 0);
  const reader = keyReader(scope, plan, options);
  let window = await reader.readWindow(undefined, PASSING, call);
  let found = window.rows.length;
  while (window.next) {
    window = await reader.readWindow(window.next, PASSING, call);
    found += window.rows.length;
  }
  return found;
}

function keyReader(scope: Scope, plan: Plan, options: CountOptions): ReturnType<typeof createPlanReader> {
  const fields = neededFields(scope, scope.layout.keyOrdinals, { plan, order: [] });
  return createPlanReader(scope, { plan, fields, ...options });
}
