/** TransactionService.Execute: operations over several entities of one store, all or nothing. */

import type { ExecuteResult as StoreResult, ExecuteStep, StepOutcome } from "../../adapter/adapter.ts";
import { has, limitOf } from "../../adapter/capabilities.ts";
import { TransientSet } from "../../containers/transient-set.ts";
import type { Call } from "../../model/call.ts";
import type { Clock } from "../../model/clock.ts";
import type { EntityModel } from "../../model/entity.ts";
import { Fault } from "../../model/fault.ts";
import type { EntityKey } from "../../model/key.ts";
import type { EntityRecord } from "../../model/value.ts";
import { attempt, throwConflict } from "../attempt.ts";
import { canonicalRequest } from "../canonical-request.ts";
import { missing, requireIsolation, requireReach, requireRoom, requireUnit } from "../capability.ts";
import { predictResults } from "../write/result-prediction.ts";
import { checkBatchSize } from "../read/get.ts";
import { withNumbers } from "../write/numbers.ts";
import { answerOf, type CheckedOperation, isWriting, shownFields, stepOf, writeOf } from "./step.ts";
import { failureOf } from "./step-failure.ts";
import type { ExecuteRequest, StepOperation, OperationResult } from "../operation.ts";
import type { Transactions } from "../repository.ts";
import { checkRequestId, exclusively, recordedRequest, reusedRequestId } from "../write/request-id.ts";
import { createScope, type RepositoryOptions, type Scope } from "../scope.ts";
import { createTrimming, trimOf } from "../write/trim.ts";

/**
 * `optionsOf` answers what an entity's repository is made of; undefined where none serves it. It is asked for every operation,
 * and throws the Fault that says why an entity is not there. Entities of one store share one adapter.
 */
export function createTransactions(optionsOf: (entity: EntityModel) => RepositoryOptions | undefined): Transactions {
  const made = new Map<EntityModel, Scope>();
  const scopeOf = (entity: EntityModel): Scope | undefined => {
    const options = optionsOf(entity);
    if (!options) return undefined;
    const scope = made.get(entity) ?? createScope(options);
    made.set(entity, scope);
    return scope;
  };
  const inFlight = new TransientSet<string>();
  return {
    execute: async (request, call) => {
      try {
        return await execute({ scopeOf, inFlight }, request, call);
      } catch (error) {
        if (error instanceof Fault) throw error.within({ operation: "Execute" });
        throw new Fault("INTERNAL", "the sidecar met a mistake of its own; its log says more", {
          operation: "Execute",
          cause: error,
        });
      }
    },
  };
}

interface Context {
  readonly scopeOf: (entity: EntityModel) => Scope | undefined;
  readonly inFlight: TransientSet<string>;
}

async function execute(context: Context, request: ExecuteRequest, call: Call): Promise<readonly OperationResult[]> {
  checkRequestId(request.requestId);
  const known = request.operations.map((operation, i) => atIndex(i, undefined, () => requireScope(context, operation)));
  const scope = oneStore(known);
  refuseJoined(scope, call);
  const scopes = atOneMoment(known, scope.clock.now());
  requireExecute(scope, request);
  const isNumbered = scopes.some(({ layout }) => layout.isNumbered);
  const numbered = isNumbered ? await numberedScopes(scopes, request.operations, call) : scopes;
  const steps = request.operations.map((operation, i) =>
    atIndex(i, scopes[i], () => stepOf(numbered[i] ?? scope, operation)),
  );
  const mutations = steps.flatMap(({ prepared }) => (prepared ? [prepared.mutation] : []));
  requireRoom(scope, "execute", { mutations, others: steps.length - mutations.length, what: "the Execute" });
  const keys = steps.flatMap(({ step }) => (step ? keysOf(step) : []));
  requireReach(scope, "execute", keys, "the request is an Execute");
  const identity = {
    id: request.requestId,
    within: `Execute/${scope.store}`,
    method: "Execute",
    said: () => saidBy(request),
  };
  const recorded = recordedRequest(scope, identity, keys);
  const outcomes = await exclusively(context.inFlight, recorded, () =>
    run(
      scope,
      steps,
      {
        consistency: consistencyOf(request.operations),
        isolation: request.isolation,
        ...(recorded && { request: recorded }),
      },
      call,
    ),
  );
  const trimming = createTrimming(scope.limits);
  return steps.map((step, i) => answerOf(step, outcomes[i], trimming));
}

/** It is a transaction of its own, and would run beside the one that the call has joined. */
function refuseJoined(scope: Scope, call: Call): void {
  if (!scope.joined?.(call)) return;
  throw new Fault(
    "OPERATION_INVALID",
    "an Execute is a transaction of its own; send its operations one by one in the transaction that is joined, or the Execute without joining one",
    { field: "pannier-transaction-id", store: scope.store },
  );
}

/** Those that lack numbers of the store, with them. */
async function numberedScopes(
  scopes: readonly Scope[],
  operations: readonly StepOperation[],
  call: Call,
): Promise<readonly Scope[]> {
  const numbered = async (scope: Scope, operation: StepOperation | undefined): Promise<Scope> =>
    operation && isWriting(operation) ? withNumbers(scope, [writeOf(operation)], call) : scope;
  return Promise.all(scopes.map((scope, i) => numbered(scope, operations[i])));
}

/** What happens together happens at one time. */
function atOneMoment(scopes: readonly Scope[], now: bigint): readonly Scope[] {
  const clock: Clock = { now: () => now };
  const still = new Map(scopes.map((scope) => [scope, { ...scope, clock }]));
  return scopes.map((scope) => still.get(scope) ?? scope);
}

function requireScope({ scopeOf }: Context, { entity, method }: StepOperation): Scope {
  const scope = scopeOf(entity);
  if (scope) return scope;
  throw new Fault("ENTITY_UNKNOWN", `no repository serves ${entity.name}`, {
    entity: entity.name,
    operation: method,
  });
}

/** All operations at one store; the first one's scope names it. */
function oneStore(scopes: readonly Scope[]): Scope {
  const [first] = scopes;
  if (!first) throw new Fault("BATCH_EMPTY", "operations is empty; send at least one", { field: "operations" });
  const index = scopes.findIndex((scope) => scope.store !== first.store);
  const other = scopes[index];
  if (!other) return first;
  const message = `the operations touch the stores "${first.store}" and "${other.store}"; one Execute has one store`;
  throw new Fault("STORES_MIXED", message, { entity: other.entity.name, store: other.store, index });
}

/** A Count has none. */
function keysOf(step: ExecuteStep): readonly EntityKey[] {
  if (step.kind === "count") return [];
  return [step.kind === "read" ? step.key : step.mutation];
}

function requireExecute(scope: Scope, { operations, isolation }: ExecuteRequest): void {
  const published = requireUnit(scope, "execute", "the request is an Execute");
  requireIsolation(scope, isolation);
  checkBatchSize(operations.length, scope.limits.batchItems, "operations");
  const most = limitOf(scope.adapter.capabilities, published);
  if (operations.length > most)
    throw missing(scope, published, `the Execute holds ${operations.length} operations, and ${most} is the most`);
  const reading = operations.findIndex(({ method }) => method === "Get" || method === "Exists" || method === "Count");
  if (reading >= 0 && !has(scope.adapter.capabilities, "execute_read"))
    throw missing(scope, "execute_read", "the Execute reads").within({ index: reading });
}

function atIndex<T>(index: number, scope: Scope | undefined, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    throw error.within({ index, ...(scope && { entity: scope.entity.name, store: scope.store }) });
  }
}

/** One transaction has one level; operations that name none take the others'. */
function consistencyOf(operations: readonly StepOperation[]): StepOperation["request"]["consistency"] {
  const levels = new Set(operations.map(({ request }) => request.consistency).filter((level) => level !== undefined));
  if (levels.size > 1)
    throw new Fault("OPERATION_INVALID", "the operations ask for different consistency; ask for one", {
      field: "consistency",
    });
  return levels.values().next().value;
}

function saidBy({ operations, isolation }: ExecuteRequest): object {
  return {
    isolation,
    operations: operations.map(({ method, entity, request }) => [
      method,
      entity.name,
      canonicalRequest(entity, request),
    ]),
  };
}

type Running = Omit<Parameters<NonNullable<Scope["adapter"]["execute"]>>[0], "steps" | "required">;

/** By operation; undefined where the answer needed no step. Rejects with the failure of the operation that ended it. */
async function run(
  scope: Scope,
  steps: readonly CheckedOperation[],
  options: Running,
  call: Call,
): Promise<readonly (StepOutcome | undefined)[]> {
  const asked = steps.flatMap((step) => (step.step ? [step.step] : []));
  const shown = steps.flatMap((step) => (step.step ? [shownFields(step)] : []));
  const trim = trimOf(scope.limits, shown, options.request);
  const required = steps.flatMap((step) => (step.step ? [step.operation.method === "Get"] : []));
  // One with a request_id goes to the store even so: the id must be taken, for this request alone.
  if (asked.length === 0 && !options.request) return steps.map(() => undefined);
  const writes = steps.flatMap(({ prepared }) => (prepared ? [prepared] : []));
  const { result, prediction } = await attempt(scope, call, async () => {
    const seen = await predictResults(scope, writes, call);
    const answer = await executeOnce(scope, { steps: asked, required, trim, ...options }, call);
    if (answer.kind !== "reused") throwConflict(scope.adapter, answer.outcomes); // the whole was undone
    return { result: answer, prediction: seen };
  });
  if (result.kind === "reused") throw reusedRequestId();
  let at = 0;
  const outcomes = steps.map((step) => (step.step ? result.outcomes[at++] : undefined));
  const failure = await failureOf(scope, steps, outcomes, call);
  if (failure) throw failure;
  const left = await prediction.confirmed(call);
  let written = 0;
  return steps.map((step, i) => (step.prepared ? withRecord(outcomes[i], left[written++]) : outcomes[i]));
}

function withRecord(outcome: StepOutcome | undefined, record: EntityRecord | undefined): StepOutcome | undefined {
  return outcome?.status === "applied" && !outcome.record && record ? { ...outcome, record } : outcome;
}

interface Executing extends Running {
  readonly steps: readonly ExecuteStep[];
  readonly required: readonly boolean[];
}

async function executeOnce(scope: Scope, request: Executing, call: Call): Promise<StoreResult> {
  if (!scope.adapter.execute) throw new TypeError("the adapter publishes execute and has none");
  return scope.adapter.execute(request, call);
}
