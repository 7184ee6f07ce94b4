/**
 * Outcomes of a write with a request_id as text, to be stored in the same atomic step as the write. JSON by field numbers, so
 * that a schema that has grown since still reads them.
 */

import type { EntityModel } from "../../model/entity.ts";
import { isList } from "../../model/value.ts";
import type { StepOutcome } from "../adapter.ts";
import { messageCodec } from "../sql/document.ts";
import { DocumentError, isJsonList, objectOf, parseJson, type Json } from "../sql/json.ts";

/** How long an outcome is remembered, in nanoseconds: 24 hours. */
export const KEPT: bigint = 86_400_000_000_000n;

/** @param entities by step: whose record the outcome can hold */
export function outcomesText(outcomes: readonly StepOutcome[], entities: readonly (EntityModel | undefined)[]): string {
  return JSON.stringify(outcomes.map((outcome, i) => outcomeJson(outcome, entities[i])));
}

/** @throws DocumentError where the text is not what `outcomesText` makes */
export function outcomesOf(text: string, entities: readonly (EntityModel | undefined)[]): readonly StepOutcome[] {
  const items = parseJson(text);
  if (!isJsonList(items)) throw new DocumentError("a recorded outcome is not a JSON array");
  return items.map((item, i) => outcomeOf(item, entities[i]));
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
