/** Writes with a request_id: their outcomes, among the changes of the write itself, and by age, so that old ones are found. */

import type { EntityModel } from "../../model/entity.ts";
import type { RecordedRequest, StepOutcome } from "../adapter.ts";
import { KEPT, outcomesOf, outcomesText } from "../document/recorded-outcomes.ts";
import { nameBytes, termBytes } from "../ordered/key-bytes.ts";
import { DocumentError, objectOf, parseJson } from "../document/json.ts";
import { prefixOf } from "../ordered/byte-table.ts";
import type { View } from "../ordered/byte-view.ts";

type Recall =
  { readonly kind: "replayed"; readonly outcomes: readonly StepOutcome[] } | { readonly kind: "reused" } | undefined;

/** Undefined where the id is new. */
export function recall(view: View, request: RecordedRequest, entities: readonly (EntityModel | undefined)[]): Recall {
  const stored = read(view, keyOf(request.id));
  if (!stored || stored.at + KEPT <= request.now) return undefined;
  if (stored.digest !== digestOf(request)) return { kind: "reused" };
  return { kind: "replayed", outcomes: outcomesOf(stored.outcomes, entities) };
}

export function record(
  view: View,
  request: RecordedRequest,
  outcomes: readonly StepOutcome[],
  entities: readonly (EntityModel | undefined)[],
): void {
  const key = keyOf(request.id);
  const earlier = read(view, key);
  if (earlier) view.set(ageKey(earlier.at, key), undefined);
  const value = { at: String(request.now), digest: digestOf(request), outcomes: outcomesText(outcomes, entities) };
  view.set(key, Buffer.from(JSON.stringify(value), "utf8"));
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
): { readonly at: bigint; readonly digest: string; readonly outcomes: string } | undefined {
  const bytes = view.get(key);
  if (!bytes) return undefined;
  const { at, digest, outcomes } = objectOf(parseJson(bytes.toString("utf8")));
  if (typeof at !== "string" || typeof digest !== "string" || typeof outcomes !== "string")
    throw new DocumentError("a recorded outcome is malformed");
  return { at: BigInt(at), digest, outcomes };
}

function keyOf(id: string): Buffer {
  return Buffer.concat([prefixOf("request"), nameBytes(id)]);
}

function ageKey(at: bigint, key: Buffer): Buffer {
  return Buffer.concat([prefixOf("requestAge"), termBytes({ kind: "timestamp" }, at, false), key]);
}

function digestOf({ digest }: RecordedRequest): string {
  return Buffer.from(digest).toString("base64");
}
