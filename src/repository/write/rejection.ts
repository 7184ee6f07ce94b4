/**
 * Why a row did not take a mutation, as a Fault. A store that only says "not applied" is asked for the row once, on
 * this path alone; if the mutation would apply now, the row has changed in between.
 */

import type { WriteOutcome } from "../../adapter/adapter.ts";
import { Fault, type FaultDetail } from "../../model/fault.ts";
import type { Call } from "../../model/call.ts";
import type { EntityModel } from "../../model/entity.ts";
import { keyText } from "../../model/key.ts";
import type { Mutation, Rejection } from "../../model/mutation.ts";
import { transition } from "../../model/transition.ts";
import type { EntityRecord } from "../../model/value.ts";
import { attempt, faultOf } from "../attempt.ts";
import { overgrown, unshowable } from "../row-size.ts";
import type { Scope } from "../scope.ts";

type Store = Pick<Scope, "adapter" | "store" | "pause" | "isInTransaction">;

export function rejectionFault(entity: EntityModel, because: Rejection): Fault {
  const name = entity.name;
  switch (because.kind) {
    case "missing":
      return new Fault("ROW_NOT_FOUND", `there is no ${name} with this key`);
    case "exists":
      return because.deleted ? takenByDeleted(name) : new Fault("KEY_EXISTS", `a ${name} with this key exists already`);
    case "version":
      return new Fault("VERSION_MISMATCH", `the ${name} has another version than expected; read it again`, {
        field: "expected_version",
      });
    case "condition":
      return new Fault("CONDITION_FAILED", `the condition is false for the stored ${name}`, { field: "condition" });
    case "immutable":
      return new Fault("FIELD_IMMUTABLE", "the field is immutable and stored with another value; leave it out", {
        field: fieldPath(entity, because.ordinal),
      });
    case "required":
      return new Fault("FIELD_REQUIRED", "the row would be inserted without a required field; set it", {
        field: fieldPath(entity, because.ordinal),
      });
    case "range":
      return new Fault("VALUE_OUT_OF_RANGE", "the result is outside the range of the field's type", {
        field: fieldPath(entity, because.ordinal),
      });
    case "size":
      return because.of === "answer"
        ? unshowable(entity, because.bytes, because.most)
        : overgrown(entity, because.bytes, because.most);
  }
}

function takenByDeleted(name: string): Fault {
  return new Fault(
    "KEY_EXISTS",
    `a soft-deleted ${name} has this key; undelete it, Put over it, or delete it for good`,
    {
      metadata: { deleted: "true" },
    },
  );
}

function fieldPath(entity: EntityModel, ordinal: number): string {
  return entity.fields[ordinal]?.name ?? "";
}

/** What a rejected mutation's outcome says by itself; undefined where the row must be asked for. */
export function knownRejection(
  mutation: Mutation,
  {
    because,
    current,
    derived,
  }: Pick<Extract<WriteOutcome, { readonly status: "rejected" }>, "because" | "current" | "derived">,
): Fault | undefined {
  if (derived) return derivedFault(derived.entity, because);
  if (because) return rejectionFault(mutation.entity, because);
  return current && whyNot(mutation, current.record);
}

/** Of a row that was to be written with the mutation's: it says whose it is. */
function derivedFault(entity: EntityModel, because: Rejection | undefined): Fault {
  const fault = because ? rejectionFault(entity, because) : changedMeanwhile(entity);
  return fault.within({ entity: entity.name });
}

/** What the mutation would make of the row; where it would apply, the row is another one by now. */
function whyNot(mutation: Mutation, met: EntityRecord | undefined): Fault {
  const decision = transition(mutation, met);
  if (decision.action === "reject") return rejectionFault(mutation.entity, decision.because);
  return changedMeanwhile(mutation.entity);
}

/**
 * Asks for the row of a rejected mutation. `before` are the mutations that went ahead of it in the same atomic step and
 * were undone with it: what it met was their work.
 */
export async function askWhy(
  store: Store,
  mutation: Mutation,
  before: readonly Mutation[],
  call: Call,
): Promise<Fault> {
  const { entity, key } = mutation;
  const strong = store.adapter.capabilities.consistency?.values.includes("strong") ? "strong" : undefined;
  const request = { keys: [{ entity, key }], fields: undefined, consistency: strong } as const;
  const [outcome] = await attempt(store, call, () => store.adapter.read(request, call));
  if (outcome?.status === "failed") return faultOf(store.adapter, outcome.error);
  const met = afterwards(outcome?.status === "found" ? outcome.record : undefined, mutation, before);
  return whyNot(mutation, met);
}

/** The row as the mutations before it left it. */
function afterwards(
  row: EntityRecord | undefined,
  mutation: Mutation,
  before: readonly Mutation[],
): EntityRecord | undefined {
  const text = keyText(mutation.key);
  let met = row;
  for (const earlier of before) {
    if (earlier.entity !== mutation.entity || keyText(earlier.key) !== text) continue;
    const decision = transition(earlier, met);
    if (decision.action === "store") met = decision.record;
    else if (decision.action === "remove") met = undefined;
  }
  return met;
}

function changedMeanwhile(entity: EntityModel): Fault {
  return new Fault("TRANSACTION_CONFLICT", `the ${entity.name} was changed by others at the same time; try again`);
}

export function skippedFault(): Fault {
  return new Fault(
    "BATCH_ITEM_SKIPPED",
    "another write of the same atomic batch did not apply, so this one was not done",
  );
}

/** The detail every Fault of an operation carries. */
export function errorContext(scope: Pick<Scope, "entity" | "store">, operation: string): FaultDetail {
  return { entity: scope.entity.name, store: scope.store, operation };
}
