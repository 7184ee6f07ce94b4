/** Enum numbers of pannier/v1/repository.proto and the words the model has for them. */

import { Fault } from "../../model/fault.ts";
import type { Consistency } from "../../model/query.ts";
import type { ListRequest, ScanRequest } from "../../repository/operation.ts";

const CONSISTENCIES: ReadonlyMap<number, Consistency | undefined> = new Map([
  [0, undefined],
  [1, "strong"],
  [2, "eventual"],
  [10, "one"],
  [11, "two"],
  [12, "three"],
  [13, "quorum"],
  [14, "all"],
  [15, "local_one"],
  [16, "local_quorum"],
  [17, "each_quorum"],
  [18, "serial"],
  [19, "local_serial"],
  [20, "any"],
]);

const TOTALS: readonly ListRequest["total"][] = ["none", "exact", "estimated"];

const ERROR_POLICIES: readonly ScanRequest["onError"][] = ["stop", "continue"];

export function consistencyOf(number: number): Consistency | undefined {
  if (!CONSISTENCIES.has(number)) throw undeclared("pannier.v1.Consistency");
  return CONSISTENCIES.get(number);
}

export function totalOf(number: number): ListRequest["total"] {
  const total = TOTALS[number];
  if (total === undefined) throw undeclared("pannier.v1.Total");
  return total;
}

export function errorPolicyOf(number: number): ScanRequest["onError"] {
  const policy = ERROR_POLICIES[number];
  if (policy === undefined) throw undeclared("pannier.v1.ErrorPolicy");
  return policy;
}

function undeclared(name: string): Fault {
  return new Fault("ENUM_UNKNOWN", `${name} has no value with this number.`);
}
