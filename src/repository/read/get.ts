/** Get and BatchGet: rows by key. */

import type { ReadOutcome } from "../../adapter/adapter.ts";
import { limitOf } from "../../adapter/capabilities.ts";
import type { Call } from "../../model/call.ts";
import type { EntityModel } from "../../model/entity.ts";
import { Fault } from "../../model/fault.ts";
import { keyText, type EntityKey } from "../../model/key.ts";
import { isVisible } from "../../model/visibility.ts";
import { attempt, faultOf } from "../attempt.ts";
import { requireConsistency } from "../capability.ts";
import { readMask } from "../mask.ts";
import { inOneState } from "./one-state.ts";
import type { BatchGetRequest, GetRequest, ItemResult, Projected } from "../operation.ts";
import { shownBytes } from "../row-size.ts";
import { visibility, type Scope } from "../scope.ts";
import { requireKey } from "../validate-key.ts";

/** The hot path: one key, one read, nothing made that is not needed. */
export async function get(scope: Scope, request: GetRequest, call: Call): Promise<Projected> {
  const { entity, adapter } = scope;
  requireConsistency(scope, request.consistency, "read");
  const key = requireKey(scope.layout, request.key, "key");
  const fields = readMask(scope.layout, request.readMask);
  const read = { keys: [{ entity, key }], fields, consistency: request.consistency };
  const [outcome] = await attempt(scope, call, () => adapter.read(read, call));
  const found = shownOf(scope, outcome, { fields, showDeleted: request.showDeleted });
  shownBytes(scope, found);
  return found;
}

interface Wanted {
  readonly fields: readonly number[] | undefined;
  readonly showDeleted: boolean;
}

function shownOf(scope: Scope, outcome: ReadOutcome | undefined, { fields, showDeleted }: Wanted): Projected {
  if (outcome?.status === "failed") throw faultOf(scope.adapter, outcome.error);
  if (outcome?.status !== "found" || !isVisible(scope.entity, outcome.record, visibility(scope, showDeleted)))
    throw notFound(scope.entity);
  return { record: outcome.record, fields };
}

export function notFound(entity: EntityModel): Fault {
  return new Fault("ROW_NOT_FOUND", `there is no ${entity.name} with this key`);
}

/** Every position is answered; those that no longer fit into the answer by RESPONSE_TOO_LARGE. */
export async function batchGet(scope: Scope, request: BatchGetRequest, call: Call): Promise<readonly ItemResult[]> {
  requireConsistency(scope, request.consistency, "read");
  checkBatchSize(request.keys.length, scope.limits.batchItems, "keys");
  const fields = readMask(scope.layout, request.readMask);
  const asked = request.keys.map((key, i) => requestedKey(scope, key, i));
  const options = { fields, consistency: request.consistency };
  const isOneRead = request.keys.length <= limitOf(scope.adapter.capabilities, "batch_get");
  const outcomes = await (isOneRead
    ? readAll(scope, asked, options, call)
    : inOneState(scope, call, (one) => readAll(one, asked, options, call)));
  return answerAll(scope, asked, outcomes, { fields, showDeleted: request.showDeleted });
}

/** Refuses none and too many. */
export function checkBatchSize(size: number, most: number, field: string): void {
  if (size === 0) throw new Fault("BATCH_EMPTY", `${field} is empty; send at least one`, { field });
  if (size > most)
    throw new Fault("BATCH_TOO_LARGE", `${field} holds ${size}; ${most} is the most, so send several requests`, {
      field,
    });
}

type RequestedKey = { readonly text: string; readonly key: EntityKey } | { readonly fault: Fault };

function requestedKey(scope: Scope, sparse: BatchGetRequest["keys"][number], i: number): RequestedKey {
  if (sparse instanceof Fault) return { fault: sparse };
  try {
    const key = requireKey(scope.layout, sparse, `keys[${i}]`);
    return { text: keyText(key), key: { entity: scope.entity, key } };
  } catch (error) {
    if (error instanceof Fault) return { fault: error };
    throw error;
  }
}

/** Chunks of a batch that are read side by side. */
const SIDE_BY_SIDE = 4;

/** By key text: each key is read once, in requests as wide as the store takes. */
async function readAll(
  scope: Scope,
  asked: readonly RequestedKey[],
  options: Pick<Parameters<Scope["adapter"]["read"]>[0], "fields" | "consistency">,
  call: Call,
): Promise<ReadonlyMap<string, ReadOutcome>> {
  const unique = new Map<string, EntityKey>();
  for (const one of asked) if ("key" in one) unique.set(one.text, one.key);
  const entries = [...unique];
  const width = Math.max(1, Math.min(entries.length, limitOf(scope.adapter.capabilities, "batch_get")));
  const chunks: (typeof entries)[] = [];
  for (let i = 0; i < entries.length; i += width) chunks.push(entries.slice(i, i + width));
  const outcomes = new Map<string, ReadOutcome>();
  for (let i = 0; i < chunks.length; i += SIDE_BY_SIDE) {
    const reads = chunks.slice(i, i + SIDE_BY_SIDE).map(async (chunk) => {
      const read = { keys: chunk.map(([, key]) => key), ...options };
      const answers = await attempt(scope, call, () => scope.adapter.read(read, call));
      chunk.forEach(([text], n) => {
        const answer = answers[n];
        if (answer) outcomes.set(text, answer);
      });
    });
    await Promise.all(reads);
  }
  return outcomes;
}

function answerAll(
  scope: Scope,
  asked: readonly RequestedKey[],
  outcomes: ReadonlyMap<string, ReadOutcome>,
  wanted: Wanted,
): readonly ItemResult[] {
  let bytes = 0;
  return asked.map((one): ItemResult => {
    try {
      if ("fault" in one) throw one.fault;
      const entity = shownOf(scope, outcomes.get(one.text), wanted);
      const size = shownBytes(scope, entity);
      if (bytes > 0 && bytes + size > scope.limits.answerBytes) throw tooMuch();
      bytes += size;
      return { kind: "entity", entity, created: false, trimmed: false };
    } catch (error) {
      if (error instanceof Fault) return { kind: "fault", fault: error };
      throw error;
    }
  });
}

function tooMuch(): Fault {
  return new Fault("RESPONSE_TOO_LARGE", "the answer is full; ask for this key in a request of its own");
}
