/** Messages as JSON that loses nothing: integers of 64 bits as text, moments and spans as protobuf writes them, bytes in base64. */

import type { FieldTable, MessageTable } from "../schema/tables.ts";
import type { JsonObject, JsonValue } from "../value/json.ts";

/**
 * What `JSON.stringify` can write. Fields that are absent are left out; names are the message's own.
 * @example JSON.stringify(toJson(Order, order))
 */
export function toJson<Message>(table: MessageTable<Message>, message: Partial<Message>): JsonObject {
  return messageJson(table, message);
}

function messageJson(table: MessageTable, message: object): JsonObject {
  const json: Record<string, JsonValue> = {};
  for (const field of table.fields) {
    const value: unknown = Reflect.get(message, field.name);
    if (value !== undefined) set(json, field.name, fieldJson(field, value));
  }
  return json;
}

/** A member called `__proto__` is one like any other. */
export function set(object: object, name: string, value: unknown): void {
  Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
}

function fieldJson(field: FieldTable, value: unknown): JsonValue {
  if (field.map !== undefined && typeof value === "object" && value !== null) {
    const map: Record<string, JsonValue> = {};
    for (const [key, member] of Object.entries(value)) if (member !== undefined) set(map, key, elementJson(field, member));
    return map;
  } // prettier-ignore
  return field.list && Array.isArray(value)
    ? value.map((element) => elementJson(field, element))
    : elementJson(field, value);
}

function elementJson(field: FieldTable, value: unknown): JsonValue {
  if (field.kind === "message" && typeof value === "object" && value !== null) return messageJson(field.message(), value);
  if (typeof value === "bigint") return String(value);
  if (typeof value === "number") return Number.isFinite(value) && !Object.is(value, -0) ? value : numberText(value);
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.length).toString("base64");
  if (value instanceof Date) return value.toISOString();
  if (field.kind === "timestamp" || field.kind === "duration") return String(value);
  return value as JsonValue; // text, booleans, names of enums, and what is JSON already
} // prettier-ignore

/** What JSON has no number for. */
function numberText(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}
