/** One-shot transactions: every step in one go, so that nobody sees a part of it. */

import { transition } from "../../model/transition.ts";
import { isVisible } from "../../model/visibility.ts";
import { tooManyToCount } from "../capabilities.ts";
import type { ExecuteRequest, ExecuteResult, ExecuteStep, ImageOptions, StepOutcome } from "../adapter.ts";
import { entityOf, onlyThisSaysWhy, succeeds } from "../writing/all-or-nothing.ts";
import { imagingOf, withoutImages } from "../writing/derived-rows.ts";
import { OutcomeTrimmer } from "../writing/trim-outcomes.ts";
import { tableOf, type Core } from "./core.ts";
import { MOST_COUNTED } from "./profile.ts";
import { createCounter, MOST_EXAMINED } from "./read-plan.ts";
import { refuseBeyond } from "./refuse.ts";
import { createAtomicStep, type AtomicStep } from "./atomic-step.ts";

export async function execute(core: Core, request: ExecuteRequest): Promise<ExecuteResult> {
  refuseBeyond(
    core,
    request.steps.flatMap((step) => (step.kind === "write" ? [step.mutation] : [])),
    true,
  );
  await core.pace.spend(request.steps.length);
  await core.gate.pass();
  const recalled = core.executions.recall(request.request);
  if (recalled) return recalled;
  const step = createAtomicStep(core);
  const imaging = imagingOf(request);
  const trimmer = new OutcomeTrimmer(request.trim);
  const outcomes: StepOutcome[] = [];
  for (const [i, each] of request.steps.entries()) {
    const outcome = take(core, step, each, imaging);
    outcomes.push(trimmer.next(outcome, entityOf(each)));
    if (succeeds(outcome, request.required[i] === true)) continue;
    step.undo();
    return { kind: "fresh", outcomes: onlyThisSaysWhy(request.steps, i, outcome) };
  }
  core.executions.record(request.request, outcomes.map(withoutImages));
  return { kind: "fresh", outcomes };
}

function take(core: Core, step: AtomicStep, each: ExecuteStep, imaging: ImageOptions | undefined): StepOutcome {
  switch (each.kind) {
    case "read": {
      const { entity, key } = each.key;
      const record = tableOf(core, entity).get(key);
      return record && isVisible(entity, record, each.visible) ? { status: "found", record } : { status: "missing" };
    }
    case "write":
      return step.apply(each.mutation, (current) => transition(each.mutation, current), imaging);
    case "count": {
      const advance = createCounter(core, each.plan, each.options);
      for (let examined = 0; examined < MOST_COUNTED; examined += MOST_EXAMINED) {
        const count = advance();
        if (count !== undefined) return { status: "counted", count };
      }
      return { status: "failed", error: tooManyToCount(MOST_COUNTED) };
    }
  }
}
