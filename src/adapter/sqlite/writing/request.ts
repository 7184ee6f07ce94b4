/** Writes with a request_id: their outcomes, recorded in the transaction of the write and given again for 24 hours. */

import type { EntityModel } from "../../../model/entity.ts";
import type { RecordedRequest, StepOutcome } from "../../adapter.ts";
import { outcomesOf, outcomesText } from "../../document/recorded-outcomes.ts";
import { forgottenAt, recall, type Recall } from "../../writing/recorded-request.ts";
import { isTrue } from "../../sql/sql-value.ts";
import { microseconds } from "../../sql/storage.ts";
import type { Connection } from "../connection.ts";
import { REQUESTS } from "../tables/meta.ts";

/** @param entities by step: whose record the outcome can hold */
export function recalled(
  connection: Connection,
  request: RecordedRequest,
  entities: readonly (EntityModel | undefined)[],
): Recall {
  const row = connection
    .statement(`SELECT at <= ?, digest = ?, outcome FROM "${REQUESTS}" WHERE id = ?`)
    .get([microseconds(forgottenAt(request.now)), request.digest, request.id]);
  if (!row) return undefined;
  const [isForgotten, isEqual, outcome] = row;
  return recall({
    isForgotten: isTrue(isForgotten),
    isEqual: isTrue(isEqual),
    outcomes: () => outcomesOf(String(outcome), entities),
  });
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
    .run([microseconds(forgottenAt(now)), limit]);
}
