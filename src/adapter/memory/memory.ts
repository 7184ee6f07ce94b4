/** The adapter on memory alone: the reference of the contract. Everything that must be atomic runs without a pause. */

import type { Call } from "../../model/call.ts";
import { Fault } from "../../model/fault.ts";
import type { EntityRecord } from "../../model/value.ts";
import type { Adapter, CountOptions, ReadOutcome, ReadRequest, Reads, ScanWindow, Window } from "../adapter.ts";
import type { OpenOptions } from "../opening.ts";
import { has } from "../capabilities.ts";
import { NO_DERIVATIONS, type Derivations } from "../derivation.ts";
import { pacer } from "../runtime/pacer.ts";
import { planOrdered } from "../planner/planner.ts";
import { ReadBudget } from "../reading/read-budget.ts";
import type { Plan } from "../plan.ts";
import { approximateSize } from "./approximate-size.ts";
import { tableOf, type Core } from "./core.ts";
import { execute } from "./execute.ts";
import { createGate } from "./gate.ts";
import { createPace } from "./pace.ts";
import type { Profile } from "./profile.ts";
import { createCounter, scanWindow } from "./read-plan.ts";
import { createRequestLog } from "./request-log.ts";
import { SWEEP_INTERVAL, sweepStepOf } from "./sweep.ts";
import { Table } from "./table.ts";
import { startSweeper } from "../runtime/sweeper.ts";
import { classify } from "../embedded/unique-violation.ts";
import { modify, write } from "./write.ts";

export function createMemory(
  options: Pick<OpenOptions, "entities" | "clock" | "store" | "log">,
  profile: Profile,
  derivations: Derivations = NO_DERIVATIONS,
): Adapter {
  const core: Core = {
    store: options.store,
    profile,
    pace: createPace(),
    gate: createGate(),
    derivations,
    tables: new Map(options.entities.map((entity) => [entity.name, new Table(entity, profile)])),
    writes: createRequestLog(),
    executions: createRequestLog(),
  };
  const reads: Reads = {
    read: (request) => read(core, request),
    scan: (plan, window) => scan(core, plan, window),
    ...(has(profile.capabilities, "count") && {
      count: (plan: Plan, countOptions: CountOptions, call: Call) => count(core, plan, countOptions, call),
    }),
  };
  const stop = startSweeper(sweepStepOf(core), options, SWEEP_INTERVAL);
  return {
    capabilities: profile.capabilities,
    plan: (query) => planOrdered(query, profile.planner),
    segments: (plan, asked) => (plan.access.kind === "full" ? asked : 1),
    classify,
    ...reads,
    consistent: (body) => core.gate.closedFor(() => body(reads)),
    write: (request) => write(core, request),
    modify: (mutation, decide, writeOptions, call) => modify(core, { mutation, decide, options: writeOptions }, call),
    execute: (request) => execute(core, request),
    ping: async () => {},
    close: async () => stop(),
    schema: { verify: async () => [], apply: async () => [] },
  };
}

async function read(core: Core, request: ReadRequest): Promise<readonly ReadOutcome[]> {
  const { keys, fields } = request;
  await core.pace.spend(keys.length);
  return pacer.run("begin", () => {
    const budget = new ReadBudget(request);
    return keys.map(({ entity, key }): ReadOutcome => {
      if (budget.isSpent) return { status: "unread" };
      const record = tableOf(core, entity).get(key);
      budget.spend(!record ? 0 : fields ? sizeOfFields(record, fields) : approximateSize(record));
      return record ? { status: "found", record } : { status: "missing" };
    });
  });
}

function sizeOfFields(record: EntityRecord, fields: readonly number[]): number {
  return fields.reduce((sum, ordinal) => sum + approximateSize(record[ordinal]), 0);
}

async function scan(core: Core, plan: Plan, window: Window): Promise<ScanWindow> {
  return pacer.run(window.after ? "continue" : "begin", () => scanWindow(core, plan, window));
}

async function count(core: Core, plan: Plan, options: CountOptions, call: Call): Promise<number> {
  const advance = createCounter(core, plan, options);
  let total = await pacer.run("begin", advance);
  while (total === undefined) {
    if (call.aborted) throw new Fault("CANCELLED", "the count was cancelled");
    total = await pacer.run("continue", advance);
  }
  return total;
}
