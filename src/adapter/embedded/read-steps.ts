/** An Execute that only reads: on one state of the store, step by step, and without the writer. */

import type { Call } from "../../model/call.ts";
import { Fault } from "../../model/fault.ts";
import { isVisible } from "../../model/visibility.ts";
import type { ExecuteRequest, ExecuteResult, ExecuteStep, FieldSet, Reads, StepOutcome, Trim } from "../adapter.ts";
import { entityOf } from "../writing/all-or-nothing.ts";
import { OutcomeTrimmer } from "../writing/trim-outcomes.ts";

export interface ReadUnit extends Pick<ExecuteRequest, "steps" | "required"> {
  readonly trim: Trim | undefined;
  readonly reads: Reads;
}

/** The first step that must find its row and does not leaves the others skipped. */
export async function readSteps({ reads, steps, required, trim }: ReadUnit, call: Call): Promise<ExecuteResult> {
  const outcomes: StepOutcome[] = [];
  const trimmer = new OutcomeTrimmer(trim);
  for (const [i, step] of steps.entries()) {
    if (call.aborted) throw new Fault("CANCELLED", "the caller no longer waits");
    const outcome = await readStep(reads, step, trimmer.wanted, call);
    if (outcome.status === "failed" || (outcome.status === "missing" && required[i] === true))
      return { kind: "fresh", outcomes: steps.map((_, at) => (at === i ? outcome : { status: "skipped" })) };
    outcomes.push(trimmer.next(outcome, entityOf(step)));
  }
  return { kind: "fresh", outcomes };
}

async function readStep(reads: Reads, step: ExecuteStep, fields: FieldSet, call: Call): Promise<StepOutcome> {
  switch (step.kind) {
    case "read": {
      const request = { keys: [step.key], fields, consistency: undefined };
      const [outcome = { status: "missing" }] = await reads.read(request, call);
      if (outcome.status === "unread") throw new TypeError("the first key of a read was not read");
      const isThere = outcome.status !== "found" || isVisible(step.key.entity, outcome.record, step.visible);
      return isThere ? outcome : { status: "missing" };
    }
    case "count":
      return { status: "counted", count: (await reads.count?.(step.plan, step.options, call)) ?? 0 };
    case "write":
      throw new TypeError("a unit that writes was taken for one that reads");
  }
}
