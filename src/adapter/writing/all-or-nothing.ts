/** Steps that happen together or not at all: the first that does not succeed says why, and all others are skipped. */

import type { EntityModel } from "../../model/entity.ts";
import type { ExecuteStep, ReadOutcome, StepOutcome, WriteOutcome } from "../adapter.ts";

/** What a step is about. */
export function entityOf(step: ExecuteStep): EntityModel {
  switch (step.kind) {
    case "read":
      return step.key.entity;
    case "write":
      return step.mutation.entity;
    case "count":
      return step.plan.entity;
  }
}

/** @param isMiss whether a step that found nothing must have found it */
export function succeeds(outcome: StepOutcome, isMiss: boolean): boolean {
  if (outcome.status === "missing") return !isMiss;
  return outcome.status === "found" || outcome.status === "applied" || outcome.status === "counted";
}

/** The outcomes of all steps where the one at `index` did not succeed. */
export function onlyThisSaysWhy<Outcome extends ReadOutcome | WriteOutcome | StepOutcome>(
  steps: readonly unknown[],
  index: number,
  outcome: Outcome,
): readonly (Outcome | { readonly status: "skipped" })[] {
  return steps.map((_, at) => (at === index ? outcome : { status: "skipped" }));
}
