/**
 * Writes with a request_id: their outcomes, recorded in the transaction of the write and given again for 24 hours.
 * Outcomes are JSON by field numbers, so that a schema that has changed since still reads them.
 */

import type { EntityModel } from "../../model/entity.ts";
import { isList } from "../../model/value.ts";
import type { RecordedRequest, StepOutcome } from "../adapter.ts";
import { messageCodec } from "../sql/document.ts";
import { DocumentError, parseJson, isJsonList, objectOf, type Json } from "../sql/json.ts";
import { microseconds } from "./column.ts";
import type { Connection } from "./connection.ts";
import { REQUESTS } from "./meta.ts";

/** Nanoseconds. */
const KEPT = 86_400_000_000_000n;

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
  const items = parseJson(String(outcome));
  if (!isJsonList(items)) throw new DocumentError("a recorded outcome is not a JSON array");
  return { kind: "replayed", outcomes: items.map((item, i) => outcomeOf(item, entities[i])) };
}

export function record(
  connection: Connection,
  request: RecordedRequest,
  outcomes: readonly StepOutcome[],
  entities: readonly (EntityModel | undefined)[],
): void {
  const items = outcomes.map((outcome, i) => outcomeJson(outcome, entities[i]));
  connection
    .statement(`INSERT OR REPLACE INTO "${REQUESTS}" (id, digest, at, outcome) VALUES (?, ?, ?, ?)`)
    .run([request.id, request.digest, microseconds(request.now), JSON.stringify(items)]);
}

/** Removes outcomes that are too old; answers how many. */
export function forget(connection: Connection, now: bigint, limit: number): number {
  return connection
    .statement(`DELETE FROM "${REQUESTS}" WHERE id IN (SELECT id FROM "${REQUESTS}" WHERE at <= ? LIMIT ?)`)
    .run([microseconds(now - KEPT), limit]);
}

/** Only what was committed is recorded, so nothing here was refused. */
function outcomeJson(outcome: StepOutcome, entity: EntityModel | undefined): Json {
  switch (outcome.status) {
    case "applied":
      return {
        status: outcome.status,
        created: outcome.created,
        found: outcome.found,
        ...(outcome.record && entity ? { record: messageCodec(entity.message).encode(outcome.record) } : {}),
      };
    case "found":
      return { status: outcome.status, record: entity ? messageCodec(entity.message).encode(outcome.record) : null };
    case "counted":
      return { status: outcome.status, count: outcome.count };
    case "missing":
      return { status: outcome.status };
    case "rejected":
    case "skipped":
    case "failed":
      throw new TypeError(`an outcome that is ${outcome.status} is not recorded`);
  }
}

function outcomeOf(json: Json, entity: EntityModel | undefined): StepOutcome {
  const item = objectOf(json);
  const recorded = item["record"];
  const decoded = recorded && entity ? messageCodec(entity.message).decode(recorded) : undefined;
  const record = isList(decoded) ? decoded : undefined;
  const { status } = item;
  if (status === "applied") {
    return { status, created: item["created"] === true, found: item["found"] === true, ...(record && { record }) };
  }
  if (status === "found" && record) return { status, record };
  if (status === "counted") return { status, count: Number(item["count"]) };
  if (status === "missing") return { status };
  throw new DocumentError("a recorded outcome is malformed");
}
