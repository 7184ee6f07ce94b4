/** Which operation ended an Execute, and why. */

import type { StepOutcome } from "../../adapter/adapter.ts";
import type { Call } from "../../model/call.ts";
import type { Fault } from "../../model/fault.ts";
import { faultOf } from "../attempt.ts";
import { notFound } from "../read/get.ts";
import type { CheckedOperation } from "./step.ts";
import { askWhy, knownRejection } from "../write/rejection.ts";
import type { Scope } from "../scope.ts";

/** The failure of the one operation that did not succeed, with its index; undefined where all did. */
export async function failureOf(
  scope: Scope,
  steps: readonly CheckedOperation[],
  outcomes: readonly (StepOutcome | undefined)[],
  call: Call,
): Promise<Fault | undefined> {
  for (const [index, step] of steps.entries()) {
    const fault = await faultAt(scope, { steps, index, outcome: outcomes[index] }, call);
    if (fault) return fault.within({ index, entity: step.scope.entity.name, store: scope.store });
  }
  return undefined;
}

interface FailedStep {
  readonly steps: readonly CheckedOperation[];
  readonly index: number;
  readonly outcome: StepOutcome | undefined;
}

async function faultAt(scope: Scope, { steps, index, outcome }: FailedStep, call: Call): Promise<Fault | undefined> {
  const step = steps[index];
  switch (outcome?.status) {
    case "failed":
      return faultOf(scope.adapter, outcome.error);
    case "missing":
      return step?.operation.method === "Get" ? notFound(step.scope.entity) : undefined;
    case "rejected":
      if (!step?.prepared) return undefined;
      return (
        knownRejection(step.prepared.mutation, outcome) ??
        (await askWhy(scope, step.prepared.mutation, mutationsBefore(steps, index), call))
      );
    case "skipped": // its neighbour says why
    case "found":
    case "applied":
    case "counted":
    case undefined:
      return undefined;
  }
}

function mutationsBefore(steps: readonly CheckedOperation[], index: number): Parameters<typeof askWhy>[2] {
  return steps.slice(0, index).flatMap(({ prepared }) => (prepared ? [prepared.mutation] : []));
}
