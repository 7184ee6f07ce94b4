/**
 * Outcomes of a write with a request_id as text, to be stored in the same atomic step as the write. JSON by field numbers, so
 * that a schema that has grown since still reads them; the types are recorded with it, so that none is read as another.
 */

import type { EntityModel } from "../../model/entity.ts";
import { Fault } from "../../model/fault.ts";
import { isList, type EntityRecord } from "../../model/value.ts";
import type { RecordedRequest, StepOutcome } from "../adapter.ts";
import type { KeptRequest } from "../writing/recorded-request.ts";
import { typesText } from "../../migration/record-types.ts";
import { messageCodec } from "./document.ts";
import { DocumentError, isJsonList, objectOf, parseJson, type Json } from "./json.ts";

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

/** A whole record as one text: when, of which request, its outcomes. */
export function requestText(
  { now, digest }: RecordedRequest,
  outcomes: readonly StepOutcome[],
  entities: readonly (EntityModel | undefined)[],
): string {
  const digestText = Buffer.from(digest).toString("base64");
  return JSON.stringify({ at: String(now), digest: digestText, outcomes: outcomesText(outcomes, entities) });
}

/** @throws DocumentError where the text is not what `requestText` makes */
export function keptRequestOf(text: string, entities: readonly (EntityModel | undefined)[]): KeptRequest<StepOutcome> {
  const { at, digest, outcomes } = objectOf(parseJson(text));
  if (typeof at !== "string" || typeof digest !== "string" || typeof outcomes !== "string")
    throw new DocumentError("a recorded outcome is malformed");
  return {
    at: BigInt(at),
    // Cassandra's were hexadecimal once: 64 digits.
    digest: Buffer.from(digest, digest.length === 64 ? "hex" : "base64"),
    outcomes: () => outcomesOf(outcomes, entities),
  };
}

/** Only what was committed is recorded, so nothing here was refused. */
function outcomeJson(outcome: StepOutcome, entity: EntityModel | undefined): Json {
  switch (outcome.status) {
    case "applied":
      return {
        status: outcome.status,
        created: outcome.created,
        found: outcome.found,
        ...(outcome.record && entity && recordJson(entity, outcome.record)),
        ...(outcome.trimmed && { trimmed: true }),
      };
    case "found": {
      const record = entity && recordJson(entity, outcome.record);
      return { status: outcome.status, ...record, ...(outcome.trimmed && { trimmed: true }) };
    }
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

function recordJson(entity: EntityModel, record: EntityRecord): { readonly record: Json; readonly types: string } {
  return { record: messageCodec(entity.message).encode(record), types: typesText(entity) };
}

function outcomeOf(json: Json, entity: EntityModel | undefined): StepOutcome {
  const item = objectOf(json);
  const record = entity && recordIn(item, entity);
  const { status } = item;
  const trimmed = item["trimmed"] === true ? { trimmed: true as const } : {};
  if (status === "applied") {
    const [created, found] = [item["created"] === true, item["found"] === true];
    return { status, created, found, ...(record && { record }), ...trimmed };
  }
  if (status === "found" && record) return { status, record, ...trimmed };
  if (status === "counted") return { status, count: Number(item["count"]) };
  if (status === "missing") return { status };
  throw new DocumentError("a recorded outcome is malformed");
}

/** @throws Fault where a field has another type since */
function recordIn({ record, types }: { readonly [name: string]: Json }, entity: EntityModel): EntityRecord | undefined {
  if (!record) return undefined;
  if (typeof types === "string" && isRetyped(types, typesText(entity)))
    throw new Fault(
      "SCHEMA_DRIFT",
      "the write was committed before, and its answer was recorded under another type of a field; read the row to see it",
      { entity: entity.name, field: "request_id" },
    );
  const decoded = messageCodec(entity.message).decode(record);
  return isList(decoded) ? decoded : undefined;
}

/** Whether a number has another type in the one than in the other. */
function isRetyped(before: string, now: string): boolean {
  if (before === now) return false;
  const types = new Map(now.split(";").map((part) => [part.slice(0, part.indexOf(" ")), part]));
  return before.split(";").some((part) => (types.get(part.slice(0, part.indexOf(" "))) ?? part) !== part);
}
