/** Mutations: each by itself, all together, or one by compare-and-set. */

import type { Call } from "../../model/call.ts";
import { Fault } from "../../model/fault.ts";
import type { Mutation } from "../../model/mutation.ts";
import { transition } from "../../model/transition.ts";
import type { Decide, ImageOptions, WriteOptions, WriteOutcome, WriteRequest, WriteResult } from "../adapter.ts";
import { onlyThisSaysWhy } from "../writing/all-or-nothing.ts";
import { imagingOf, withoutImages } from "../writing/derived-rows.ts";
import { OutcomeTrimmer } from "../writing/trim-outcomes.ts";
import { tableOf, type Core } from "./core.ts";
import { turn } from "./pace.ts";
import { refuseBeyond } from "./refuse.ts";
import { createAtomicStep } from "./atomic-step.ts";

/** Mutations applied between two turns of the event loop. */
const WRITES_PER_TURN = 100;

export async function write(core: Core, request: WriteRequest): Promise<WriteResult> {
  refuseBeyond(core, request.mutations, request.atomic);
  await core.pace.spend(request.mutations.length);
  await core.gate.pass();
  if (!request.atomic && !request.request) return { kind: "fresh", outcomes: await writeEach(core, request) };
  const recalled = core.writes.recall(request.request);
  if (recalled) return recalled;
  const { outcomes, committed } = writeTogether(core, request);
  if (committed) core.writes.record(request.request, outcomes.map(withoutImages));
  return { kind: "fresh", outcomes };
}

async function writeEach(core: Core, request: WriteRequest): Promise<readonly WriteOutcome[]> {
  const { mutations, trim } = request;
  const imaging = imagingOf(request);
  const outcomes: WriteOutcome[] = [];
  const trimmer = new OutcomeTrimmer(trim);
  for (const mutation of mutations) {
    const outcome = applyAlone(core, mutation, (current) => transition(mutation, current), imaging);
    outcomes.push(trimmer.next(outcome, mutation.entity));
    if (outcomes.length % WRITES_PER_TURN !== 0) continue;
    await turn();
    await core.gate.pass();
  }
  return outcomes;
}

/** An atomic step of its own. */
function applyAlone(core: Core, mutation: Mutation, decide: Decide, imaging: ImageOptions | undefined): WriteOutcome {
  const step = createAtomicStep(core);
  const outcome = step.apply(mutation, decide, imaging);
  if (outcome.status !== "applied") step.undo();
  return outcome;
}

/** All of them, or none: the first that does not apply undoes the others. */
function writeTogether(
  core: Core,
  request: WriteRequest,
): { readonly outcomes: readonly WriteOutcome[]; readonly committed: boolean } {
  const { mutations, trim } = request;
  const imaging = imagingOf(request);
  const step = createAtomicStep(core);
  const trimmer = new OutcomeTrimmer(trim);
  const outcomes: WriteOutcome[] = [];
  for (const [i, mutation] of mutations.entries()) {
    const outcome = step.apply(mutation, (current) => transition(mutation, current), imaging);
    outcomes.push(trimmer.next(outcome, mutation.entity));
    if (outcome.status === "applied") continue;
    step.undo();
    return { outcomes: onlyThisSaysWhy(mutations, i, outcome), committed: false };
  }
  return { outcomes, committed: true };
}

export interface Modification {
  readonly mutation: Mutation;
  readonly decide: Decide;
  readonly options: WriteOptions;
}

/** Reads, decides, and writes only if the row is still the very one that was read. */
export async function modify(
  core: Core,
  { mutation, decide, options }: Modification,
  call: Call,
): Promise<WriteResult> {
  const table = tableOf(core, mutation.entity);
  while (!call.aborted) {
    const recalled = core.writes.recall(options.request);
    if (recalled) return recalled;
    const seen = table.get(mutation.key);
    const decision = decide(seen);
    // Others have their turn between reading and writing, as with a store that is elsewhere.
    if (!core.profile.expressive) await turn();
    await core.gate.pass();
    if (table.get(mutation.key) !== seen) continue;
    const outcome = applyAlone(core, mutation, () => decision, imagingOf(options));
    if (outcome.status === "applied") core.writes.record(options.request, [withoutImages(outcome)]);
    return { kind: "fresh", outcomes: [outcome] };
  }
  throw new Fault("TRANSACTION_CONFLICT", "the row was changed by others each time it was to be written; try again");
}
