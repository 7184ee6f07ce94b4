/** A query about many rows, understood: planned, permitted, and named so that only its own tokens continue it. */

import type { Plan } from "../../adapter/plan.ts";
import type { EntityModel, OrderTerm } from "../../model/entity.ts";
import { Fault } from "../../model/fault.ts";
import { collectOrdinals, type Filter } from "../../model/filter.ts";
import { digestOf } from "../canonical.ts";
import { canonicalFilter } from "../canonical-request.ts";
import { foldFilter, type Folded } from "./filter.ts";
import { parseOrderBy } from "./order-by.ts";
import type { Scope } from "../scope.ts";

export interface QueryRequest {
  readonly where: Filter | undefined;
  readonly orderBy: string;
  readonly showDeleted: boolean;
}

export interface CompiledQuery {
  readonly where: Folded;
  readonly plan: Plan;
  /** As request, or the default order where that is served. */
  readonly order: readonly OrderTerm[];
  /** Additional data of its tokens. */
  readonly binding: Uint8Array;
  /** Access path and order of the plan, which own the cursors. */
  readonly path: string;
}

/** `method` keeps the tokens of one method from continuing another. */
export function compileQuery(scope: Scope, request: QueryRequest, method: string): CompiledQuery {
  const where = foldFilter(scope.layout, request.where, scope.limits.oneOf);
  const named = parseOrderBy(scope.layout, request.orderBy);
  const { order, plan } = planFor(scope, where, named);
  return { where, plan, order, binding: bindingOf(scope.entity, request, named, method), path: pathOf(plan) };
}

function bindingOf(
  entity: EntityModel,
  { where, showDeleted }: QueryRequest,
  named: readonly OrderTerm[],
  method: string,
): Uint8Array {
  const order = named.map(({ ordinal, desc }) => [entity.fields[ordinal]?.number, desc]);
  return digestOf([method, entity.name, where && canonicalFilter(entity, where), order, showDeleted]);
}

/** The default order applies only where no scan is needed. */
function planFor(scope: Scope, where: Folded, named: readonly OrderTerm[]): Pick<CompiledQuery, "order" | "plan"> {
  const { entity } = scope;
  if (named.length === 0 && entity.defaultOrder.length > 0) {
    const plan = planOf(scope, where, entity.defaultOrder);
    if (!plan.needsScan && plan.ordered) return { order: entity.defaultOrder, plan };
  }
  return { order: named, plan: planOf(scope, where, named) };
}

export function planOf(scope: Pick<Scope, "entity" | "adapter">, where: Folded, order: readonly OrderTerm[]): Plan {
  const { entity } = scope;
  return scope.adapter.plan(where.kind === "some" ? { entity, where: where.filter, order } : { entity, order });
}

/** As text: what owns the cursors of a plan. */
export function pathOf({ entity, access, order, ordered }: Plan): string {
  const way = access.kind === "full" ? "full" : `${access.kind}${access.reverse ? " reverse" : ""}`;
  const index = access.kind === "index" ? ` ${access.index.name}` : "";
  const terms = order.map((term) => `${entity.fields[term.ordinal]?.number}${term.desc ? "-" : "+"}`).join(",");
  return `${way}${index} ${ordered ? "ordered" : "sorted"} ${terms}`;
}

/** Whether reads without a range may run: request for by the request, or allowed by configuration. */
export function mayScan(scope: Scope, allowScan: boolean): boolean {
  return allowScan || scope.scans === "allow";
}

export function scanRequired(plan: Plan, what: string): Fault {
  const wanted = plan.wanted === undefined ? "" : `; an index on ${plan.wanted} would serve it`;
  return new Fault("SCAN_REQUIRED", `${what}${wanted}. Add the index, or allow the scan with allow_scan`, {
    ...(plan.wanted !== undefined && { metadata: { missing_index: plan.wanted } }),
  });
}

/** What must be read so that `shown`, the residual filter and the order can be worked out. Undefined is all. */
export function neededFields(
  scope: Scope,
  shown: readonly number[] | undefined,
  { plan, order }: Pick<CompiledQuery, "plan" | "order">,
): readonly number[] | undefined {
  if (!shown) return undefined;
  const needed = new Set([...shown, ...scope.layout.keyOrdinals]);
  if (plan.residual) collectOrdinals(plan.residual, needed);
  if (!plan.ordered) for (const term of order) needed.add(term.ordinal);
  return [...needed].toSorted((a, b) => a - b);
}
