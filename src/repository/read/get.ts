/** Get and BatchGet: rows by key. */

import type { ReadOutcome } from "../../adapter/adapter.ts";
import { limitOf } from "../../adapter/capabilities.ts";
import type { Call } from "../../model/call.ts";
import type { EntityModel } from "../../model/entity.ts";
import { Fault } from "../../model/fault.ts";
import { keyText, type EntityKey } from "../../model/key.ts";
import { TotalBytes } from "../../model/total-bytes.ts";
import { isVisible } from "../../model/visibility.ts";
import { attempt, faultOf } from "../attempt.ts";
import { requireConsistency } from "../capability.ts";
import { readMask } from "../mask.ts";
import { inOneState } from "./one-state.ts";
import type { BatchGetRequest, GetRequest, ItemResult, Projected } from "../operation.ts";
import { requireShowable } from "../row-size.ts";
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
  requireShowable(scope, found);
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

/**
 * Every position is answered. The first row that no longer fits ends the answer: it and all positions behind it are
 * RESPONSE_TOO_LARGE, and what is behind it is not read.
 */
export async function batchGet(scope: Scope, request: BatchGetRequest, call: Call): Promise<readonly ItemResult[]> {
  requireConsistency(scope, request.consistency, "read");
  checkBatchSize(request.keys.length, scope.limits.batchItems, "keys");
  const fields = readMask(scope.layout, request.readMask);
  const asked = request.keys.map((key, i) => requestedKey(scope, key, i));
  const { consistency, showDeleted } = request;
  const batch = { asked, fields, consistency, showDeleted };
  // One read shows one state by itself, and is most often enough.
  const isOneRead = asked.length <= Math.min(ONE_READ, limitOf(scope.adapter.capabilities, "batch_get"));
  const results = isOneRead ? await new BatchAnswer(scope, batch, call).inOneRead() : undefined;
  return results ?? inOneState(scope, call, (one) => new BatchAnswer(one, batch, call).complete());
}

/** Most keys that are asked for in a single read first. */
const ONE_READ = 256;

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

interface Batch extends Wanted, Pick<BatchGetRequest, "consistency"> {
  readonly asked: readonly RequestedKey[];
}

/** The answer of a BatchGet, filled position by position; rows are read when the next one is not known. */
class BatchAnswer {
  readonly #scope: Scope;
  readonly #batch: Batch;
  readonly #call: Call;
  /** By key text: each key is read once. */
  readonly #known = new Map<string, ReadOutcome>();
  readonly #results: ItemResult[] = [];
  readonly #total: TotalBytes;
  /** That are shown. */
  #rows = 0;
  #isFull = false;

  constructor(scope: Scope, batch: Batch, call: Call) {
    this.#scope = scope;
    this.#batch = batch;
    this.#call = call;
    this.#total = new TotalBytes(scope.entity.message, batch.fields);
  }

  /** Undefined where one read is not enough. */
  async inOneRead(): Promise<readonly ItemResult[] | undefined> {
    await this.#readOn();
    return this.#answerKnown() ? this.#results : undefined;
  }

  async complete(): Promise<readonly ItemResult[]> {
    while (!this.#answerKnown()) await this.#readOn();
    return this.#results;
  }

  /** False where a position is met whose row was not read. */
  #answerKnown(): boolean {
    const { asked } = this.#batch;
    for (let one = asked[this.#results.length]; one; one = asked[this.#results.length]) {
      const known = "fault" in one || this.#isFull || this.#known.has(one.text);
      if (!known) return false;
      this.#results.push(this.#answer(one));
    }
    return true;
  }

  #answer(one: RequestedKey): ItemResult {
    try {
      if ("fault" in one) throw one.fault;
      if (this.#isFull) throw tooMuch();
      const entity = shownOf(this.#scope, this.#known.get(one.text), this.#batch);
      requireShowable(this.#scope, entity);
      this.#total.add(entity.record);
      this.#isFull = this.#rows > 0 && this.#total.exceed(this.#scope.limits.answerBytes);
      if (this.#isFull) throw tooMuch();
      this.#rows += 1;
      return { kind: "entity", entity, created: false, trimmed: false };
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      // The same again where the key comes again, and without its row, of which there may be many.
      if ("key" in one) this.#known.set(one.text, { status: "failed", error });
      return { kind: "fault", fault: error };
    }
  }

  /** From the next position on, in requests as wide as the store takes; the first key is read, whatever is left of the answer. */
  async #readOn(): Promise<void> {
    const { asked, fields, consistency } = this.#batch;
    const keys = new Map<string, EntityKey>();
    for (const one of asked.slice(this.#results.length))
      if ("key" in one && !this.#known.has(one.text)) keys.set(one.text, one.key);
    const { adapter, limits } = this.#scope;
    const entries = [...keys];
    const width = Math.max(1, Math.min(entries.length, limitOf(adapter.capabilities, "batch_get")));
    const chunks: (typeof entries)[] = [];
    for (let i = 0; i < entries.length && chunks.length < SIDE_BY_SIDE; i += width)
      chunks.push(entries.slice(i, i + width));
    const maxBytes = Math.max(1, (limits.answerBytes - this.#total.bytes) / chunks.length);
    const reads = chunks.map(async (chunk) => {
      const read = { keys: chunk.map(([, key]) => key), fields, consistency, maxBytes };
      const outcomes = await attempt(this.#scope, this.#call, () => adapter.read(read, this.#call));
      chunk.forEach(([text], n) => {
        const outcome = outcomes[n];
        if (outcome && outcome.status !== "unread") this.#known.set(text, outcome);
      });
    });
    await Promise.all(reads);
  }
}

function tooMuch(): Fault {
  return new Fault("RESPONSE_TOO_LARGE", "the answer is full; ask for this key in a request of its own");
}
