/** Writes with a request_id: their outcomes, among the changes of the write itself, and by age, so that old ones are found. */

import type { EntityModel } from "../../model/entity.ts";
import type { RecordedRequest, StepOutcome } from "../adapter.ts";
import { keptRequestOf, requestText } from "../document/recorded-outcomes.ts";
import { nameBytes, termBytes } from "../ordered/key-bytes.ts";
import { prefixOf } from "../ordered/byte-table.ts";
import type { View } from "../ordered/byte-view.ts";
import { recallKept, type KeptRequest, type Recall } from "../writing/recorded-request.ts";

/** Undefined where the id is new. */
export function recallIn(view: View, request: RecordedRequest, entities: readonly (EntityModel | undefined)[]): Recall {
  return recallKept(request, read(view, keyOf(request.id), entities));
}

export function record(
  view: View,
  request: RecordedRequest,
  outcomes: readonly StepOutcome[],
  entities: readonly (EntityModel | undefined)[],
): void {
  const key = keyOf(request.id);
  const earlier = read(view, key, entities);
  if (earlier) view.set(ageKey(earlier.at, key), undefined);
  view.set(key, Buffer.from(requestText(request, outcomes, entities), "utf8"));
  view.set(ageKey(request.now, key), key);
}

/** Removes outcomes of this age and older; answers how many. */
export async function forget(view: View, at: bigint, limit: number): Promise<number> {
  const interval = { start: prefixOf("requestAge"), end: ageKey(at + 1n, Buffer.alloc(0)) };
  const entries = view.entries(interval, false);
  const due = await entries.next(limit);
  await entries.close();
  for (const [age, key] of due) {
    view.set(age, undefined);
    view.set(key, undefined);
  }
  return due.length;
}

function read(
  view: View,
  key: Buffer,
  entities: readonly (EntityModel | undefined)[],
): KeptRequest<StepOutcome> | undefined {
  const bytes = view.get(key);
  return bytes && keptRequestOf(bytes.toString("utf8"), entities);
}

function keyOf(id: string): Buffer {
  return Buffer.concat([prefixOf("request"), nameBytes(id)]);
}

function ageKey(at: bigint, key: Buffer): Buffer {
  return Buffer.concat([prefixOf("requestAge"), termBytes({ kind: "timestamp" }, at, false), key]);
}
