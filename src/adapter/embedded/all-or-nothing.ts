/** Steps that happen together or not at all: the first that does not succeed says why, and all others are skipped. */

import type { ReadOutcome, StepOutcome, WriteOutcome } from "../adapter.ts";

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
