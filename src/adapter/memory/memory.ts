/** The adapter on memory alone: the reference of the contract. Everything that must be atomic runs without a pause. */

import type { Call } from "../../model/call.ts";
import type { EntityModel } from "../../model/entity.ts";
import { Fault } from "../../model/fault.ts";
import type { Mutation } from "../../model/mutation.ts";
import { transition } from "../../model/transition.ts";
import { isVisible } from "../../model/visibility.ts";
import type {
  Adapter,
  Decide,
  ExecuteRequest,
  ExecuteResult,
  ExecuteStep,
  OpenOptions,
  ReadOutcome,
  ReadRequest,
  StepOutcome,
  WriteOptions,
  WriteOutcome,
  WriteRequest,
  WriteResult,
} from "../adapter.ts";
import { planOrdered } from "../conjuncts.ts";
import { createPace, turn } from "./pace.ts";
import type { Profile } from "./profile.ts";
import { countRows, scanWindow } from "./read-plan.ts";
import { refuseBeyond } from "./refuse.ts";
import { createRequestLog } from "./request-log.ts";
import { createStep, type Step } from "./step.ts";
import { startSweeper } from "./sweep.ts";
import { createTable, type Table } from "./table.ts";
import { classify } from "./unique-violation.ts";

export function createMemory(options: Pick<OpenOptions, "entities" | "clock" | "store">, profile: Profile): Adapter {
  const tables = new Map(options.entities.map((entity) => [entity.name, createTable(entity, profile)]));
  const tableOf = (entity: EntityModel): Table => {
    const table = tables.get(entity.name);
    if (!table) throw new TypeError(`${entity.name} is not in the store ${options.store}`);
    return table;
  };
  const pace = createPace();
  const writes = createRequestLog<WriteOutcome>();
  const executions = createRequestLog<StepOutcome>();
  const stop = startSweeper([...tables.values()], [writes, executions], options.clock);

  const read = async ({ keys }: ReadRequest): Promise<readonly ReadOutcome[]> => {
    await pace.spend(keys.length);
    return keys.map(({ entity, key }) => {
      const record = tableOf(entity).get(key);
      return record ? { status: "found", record } : { status: "missing" };
    });
  };

  const write = async (request: WriteRequest): Promise<WriteResult> => {
    refuseBeyond(request.mutations, request.atomic, options.store, profile);
    await pace.spend(request.mutations.length);
    if (!request.atomic && !request.request) return { kind: "fresh", outcomes: await writeEach(request.mutations) };
    const recalled = writes.recall(request.request);
    if (recalled.kind !== "new") return recalled;
    const { outcomes, stands } = writeTogether(createStep(tableOf, profile), request.mutations);
    if (stands) writes.record(request.request, outcomes);
    return { kind: "fresh", outcomes };
  };

  const writeEach = async (mutations: readonly Mutation[]): Promise<readonly WriteOutcome[]> => {
    const outcomes: WriteOutcome[] = [];
    for (const mutation of mutations) {
      outcomes.push(applyAlone(mutation, (current) => transition(mutation, current)));
      if (outcomes.length % 100 === 0) await turn();
    }
    return outcomes;
  };

  const applyAlone = (mutation: Mutation, decide: Decide): WriteOutcome =>
    createStep(tableOf, profile).apply(mutation, decide);

  const modify = async (
    mutation: Mutation,
    decide: Decide,
    { request }: WriteOptions,
    call: Call,
  ): Promise<WriteResult> => {
    const table = tableOf(mutation.entity);
    while (!call.aborted) {
      const recalled = writes.recall(request);
      if (recalled.kind !== "new") return recalled;
      const seen = table.get(mutation.key);
      const decision = decide(seen);
      // Others have their turn between reading and writing, as with a store that is elsewhere.
      if (!profile.expressive) await turn();
      if (table.get(mutation.key) !== seen) continue;
      const outcomes = [applyAlone(mutation, () => decision)];
      if (outcomes[0]?.status === "applied") writes.record(request, outcomes);
      return { kind: "fresh", outcomes };
    }
    throw new Fault("TRANSACTION_CONFLICT", "the row was changed by others each time it was to be written; try again");
  };

  const execute = async (request: ExecuteRequest): Promise<ExecuteResult> => {
    refuseBeyond(
      request.steps.flatMap((step) => (step.kind === "write" ? [step.mutation] : [])),
      true,
      options.store,
      profile,
    );
    await pace.spend(request.steps.length);
    const recalled = executions.recall(request.request);
    if (recalled.kind !== "new") return recalled;
    const step = createStep(tableOf, profile);
    const outcomes: StepOutcome[] = [];
    for (const [i, each] of request.steps.entries()) {
      const outcome = take(step, each);
      outcomes.push(outcome);
      if (succeeds(outcome, request.required[i] === true)) continue;
      step.undo();
      return { kind: "fresh", outcomes: request.steps.map((_, at) => (at === i ? outcome : { status: "skipped" })) };
    }
    executions.record(request.request, outcomes);
    return { kind: "fresh", outcomes };
  };

  const take = (step: Step, each: ExecuteStep): StepOutcome => {
    switch (each.kind) {
      case "read": {
        const { entity, key } = each.key;
        const record = tableOf(entity).get(key);
        return record && isVisible(entity, record, each.visible) ? { status: "found", record } : { status: "missing" };
      }
      case "write":
        return step.apply(each.mutation, (current) => transition(each.mutation, current));
      case "count": {
        const advance = countRows(tableOf(each.plan.entity), each.plan, each.options, profile);
        let count = advance();
        while (count === undefined) count = advance();
        return { status: "counted", count };
      }
    }
  };

  const adapter: Adapter = {
    capabilities: profile.capabilities,
    plan: (query) => planOrdered(query, profile.planner),
    classify,
    read,
    write,
    modify,
    execute,
    scan: async (plan, window) => {
      const { result, examined } = scanWindow(tableOf(plan.entity), plan, window, profile);
      await pace.spend(examined);
      return result;
    },
    ping: async () => {},
    close: async () => stop(),
    schema: { verify: async () => [], apply: async () => [] },
  };
  if (profile.capabilities.count?.supported !== true) return adapter;
  return {
    ...adapter,
    count: async (plan, countOptions, call) => {
      const advance = countRows(tableOf(plan.entity), plan, countOptions, profile);
      for (let count = advance(); ; count = advance()) {
        if (count !== undefined) return count;
        if (call.aborted) throw new Fault("CANCELLED", "the count was cancelled");
        await turn();
      }
    },
  };
}

/** All of them, or none: the first that does not apply undoes the others. */
function writeTogether(
  step: Step,
  mutations: readonly Mutation[],
): { readonly outcomes: readonly WriteOutcome[]; readonly stands: boolean } {
  const outcomes: WriteOutcome[] = [];
  for (const [i, mutation] of mutations.entries()) {
    const outcome = step.apply(mutation, (current) => transition(mutation, current));
    outcomes.push(outcome);
    if (outcome.status === "applied") continue;
    step.undo();
    return { outcomes: mutations.map((_, at) => (at === i ? outcome : { status: "skipped" })), stands: false };
  }
  return { outcomes, stands: true };
}

function succeeds(outcome: StepOutcome, required: boolean): boolean {
  if (outcome.status === "missing") return !required;
  return outcome.status === "found" || outcome.status === "applied" || outcome.status === "counted";
}
