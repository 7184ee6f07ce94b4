/** Writes with a request_id: their outcomes, recorded in the transaction of the write and given again for 24 hours. */

import type { EntityModel } from "../../model/entity.ts";
import type { RecordedRequest, StepOutcome } from "../adapter.ts";
import { KEPT, outcomesOf, outcomesText } from "../document/recorded-outcomes.ts";
import { microseconds } from "../sql/storage.ts";
import type { Connection } from "./connection.ts";
import { REQUESTS } from "./meta.ts";

export type Recorded =
  | { readonly kind: "none" }
  | { readonly kind: "reused" }
  | { readonly kind: "replayed"; readonly outcomes: readonly StepOutcome[] };

/** @param entities by step: whose record the outcome can hold */
export function recalled(
  connection: Connection,
  request: RecordedRequest,
  entities: readonly (EntityModel | undefined)[],
): Recorded {
  const row = connection
    .statement(`SELECT digest, outcome FROM "${REQUESTS}" WHERE id = ? AND at > ?`)
    .get([request.id, microseconds(request.now - KEPT)]);
  if (!row) return { kind: "none" };
  const [digest, outcome] = row;
  if (!(digest instanceof Uint8Array) || Buffer.compare(digest, request.digest) !== 0) return { kind: "reused" };
  return { kind: "replayed", outcomes: outcomesOf(String(outcome), entities) };
}

export function record(
  connection: Connection,
  request: RecordedRequest,
  outcomes: readonly StepOutcome[],
  entities: readonly (EntityModel | undefined)[],
): void {
  connection
    .statement(`INSERT OR REPLACE INTO "${REQUESTS}" (id, digest, at, outcome) VALUES (?, ?, ?, ?)`)
    .run([request.id, request.digest, microseconds(request.now), outcomesText(outcomes, entities)]);
}

/** Removes outcomes that are too old; answers how many. */
export function forget(connection: Connection, now: bigint, limit: number): number {
  return connection
    .statement(`DELETE FROM "${REQUESTS}" WHERE id IN (SELECT id FROM "${REQUESTS}" WHERE at <= ? LIMIT ?)`)
    .run([microseconds(now - KEPT), limit]);
}
