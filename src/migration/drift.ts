/** Why an entity is not served: the steps of its plan that must be done before. */

import { stepLine } from "./plan-text.ts";
import { blocking, type Plan } from "./plan.ts";

export interface Drift {
  readonly what: string;
  /** Whether a start with `tables: auto` mends it. */
  readonly additive: boolean;
}

/** @param isAuto whether the start does by itself what it may */
export function driftOf(plan: Plan, isAuto: boolean): readonly Drift[] {
  const steps = blocking(plan).filter(({ by }) => !isAuto || by !== "auto");
  return steps.map((step) => ({ what: stepLine(step), additive: step.by === "auto" }));
}
