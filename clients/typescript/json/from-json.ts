/** JSON back to messages: the inverse of `toJson`, and what a request of an application's own API may hold. */

import type { EntityTypes } from "../api/entity-client.ts";
import { codecOf, FieldError, within } from "../codec/message-codec.ts";
import { keyFromText } from "../codec/scalar.ts";
import { invalidRequest } from "../error/status.ts";
import type { EntityTable, EnumTable, FieldTable, MessageTable } from "../schema/tables.ts";
import { Duration } from "../value/duration.ts";
import { Timestamp } from "../value/timestamp.ts";
import { ValueError } from "../value/value-error.ts";
import { set } from "./to-json.ts";

/**
 * The message that `toJson` wrote. `null` is absent. Names may also be those of the .proto file.
 * @throws InvalidRequestError that names the field, for what is no such message
 */
export function fromJson<Message>(table: MessageTable<Message>, json: unknown): Message {
  return read(table, json, { method: "fromJson", isWhole: true, refused: none }) as Message; // as the table says
}

/** What Create and Put take; what the sidecar sets is refused. @throws InvalidRequestError */
export function initFromJson<Types extends EntityTypes>(table: EntityTable<Types>, json: unknown): Types["init"] {
  const refused = new Set(table.managed);
  return read(table, json, { method: "initFromJson", isWhole: false, refused });
}

/** What Update takes: `null` clears a field. What the sidecar sets, and the key, are refused. @throws InvalidRequestError */
export function changesFromJson<Types extends EntityTypes>(table: EntityTable<Types>, json: unknown): Types["changes"] {
  const refused = new Set([...table.managed, ...table.key]);
  return read(table, json, { method: "changesFromJson", isWhole: false, refused, clears: true });
}

interface Reading {
  readonly method: string;
  /** Whether what is never absent in an answer is never absent here. */
  readonly isWhole: boolean;
  /** Fields of the outermost message that may not be there. */
  readonly refused: ReadonlySet<string>;
  /** Whether `null` stays, in the outermost message. */
  readonly clears?: boolean;
}

const none: ReadonlySet<string> = new Set();
/** More than any message that is meant. */
const deepest = 100;

function read(table: MessageTable, json: unknown, reading: Reading): object {
  try {
    return messageOf(table, json, reading, 0);
  } catch (error) {
    const subject = { entity: table.name, method: reading.method };
    if (error instanceof FieldError) throw invalidRequest(error.reason, error.path, error.problem, subject);
    if (error instanceof ValueError) throw invalidRequest(error.reason, "json", error.message, subject);
    throw error;
  }
}

function messageOf(table: MessageTable, json: unknown, reading: Reading, depth: number): object {
  if (depth > deepest) throw wrong(`is nested deeper than ${deepest}`);
  const object = objectOf(json, table.name);
  const named = fieldsOf(table);
  const message: Record<string, unknown> = {};
  if (reading.isWhole)
    for (const [name, { zero }] of codecOf(table).fields) if (zero !== undefined) message[name] = zero;
  for (const [name, value] of Object.entries(object)) {
    const field = named.get(name);
    if (!field) throw new FieldError(name, "FIELD_UNKNOWN", `is no field of ${table.name}`);
    if (value === undefined) continue;
    if (reading.refused.has(field.name)) throw new FieldError(name, "FIELD_INVALID", "cannot be given here");
    if (value !== null || field.kind === "value")
      within(name, () => set(message, field.name, fieldOf(field, value, reading, depth))); // prettier-ignore
    else if (reading.clears) message[field.name] = null;
  }
  return message;
}

const fields = new WeakMap<MessageTable, ReadonlyMap<string, FieldTable>>();

/** By both of their names. */
function fieldsOf(table: MessageTable): ReadonlyMap<string, FieldTable> {
  const known = fields.get(table);
  if (known) return known;
  const made = new Map(table.fields.map((field) => [field.proto, field]));
  for (const field of table.fields) made.set(field.name, field);
  fields.set(table, made);
  return made;
}

function fieldOf(field: FieldTable, json: unknown, reading: Reading, depth: number): unknown {
  const inner: Reading = { method: reading.method, isWhole: true, refused: none };
  const element = (value: unknown): unknown => elementOf(field, value, inner, depth);
  if (field.map !== undefined) {
    const map: Record<string, unknown> = Object.create(null);
    for (const [key, value] of Object.entries(objectOf(json, "map"))) {
      keyFromText(field.map, key); // refuses what is no key
      within(`[${JSON.stringify(key)}]`, () => set(map, key, element(value)));
    }
    return map;
  }
  if (!field.list) return element(json);
  if (!Array.isArray(json)) throw wrong("is a list: write an array");
  return json.map((value, i) => within(`[${i}]`, () => element(value)));
}

function objectOf(json: unknown, what: string): object {
  if (typeof json === "object" && json !== null && !Array.isArray(json)) return json;
  throw wrong(`is a ${what}: write an object`);
}

function wrong(problem: string): ValueError {
  return new ValueError("FIELD_INVALID", problem);
}

function elementOf(field: FieldTable, json: unknown, reading: Reading, depth: number): unknown {
  switch (field.kind) {
    case "message":
      return messageOf(field.message(), json, reading, depth + 1);
    case "enum":
      return enumOf(field.enum, json);
    case "timestamp":
      return Timestamp.parse(textOf(json, "a moment as RFC 3339 has it"));
    case "duration":
      return Duration.parse(textOf(json, "a span such as 1.5s"));
    case "bytes":
      return bytesOf(textOf(json, "bytes in base64"));
    case "string":
    case "decimal":
      return textOf(json, "text");
    case "bool":
      if (typeof json !== "boolean") throw wrong("is true or false");
      return json;
    case "float":
    case "double":
    case "int32":
    case "uint32":
    case "sint32":
    case "fixed32":
    case "sfixed32":
      return numberOf(json);
    case "int64":
    case "uint64":
    case "sint64":
    case "fixed64":
    case "sfixed64":
      return bigintOf(json);
    case "struct":
      return objectOf(json, "JSON object");
    case "listValue":
      if (!Array.isArray(json)) throw wrong("is a JSON array");
      return json;
    case "value":
      return json;
  }
}

function textOf(json: unknown, what: string): string {
  if (typeof json === "string") return json;
  throw wrong(`is ${what}: write a string`);
}

function enumOf({ name, values }: EnumTable, json: unknown): string | number {
  if (typeof json === "number" && Number.isInteger(json)) return json;
  if (typeof json === "string" && Object.hasOwn(values, json)) return json;
  throw new ValueError("ENUM_UNKNOWN", `is a ${name}: ${Object.keys(values).slice(0, 20).join(", ")}`);
}

const number = /^-?(?:\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|Infinity)$|^NaN$/;

/** Its range is looked at when it is sent. */
function numberOf(json: unknown): number {
  if (typeof json === "number") return json;
  if (typeof json === "string" && number.test(json)) return Number(json);
  throw wrong("is a number");
}

/** A number that JSON.parse may have rounded is refused. */
function bigintOf(json: unknown): bigint {
  if (typeof json === "string" && /^-?\d{1,20}$/.test(json)) return BigInt(json);
  if (typeof json === "number" && Number.isSafeInteger(json)) return BigInt(json);
  throw wrong("is a whole number of 64 bits: write it as text");
}

/** Also in the form for URLs. */
function bytesOf(text: string): Uint8Array {
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(text)) throw wrong("is bytes: write base64");
  return new Uint8Array(Buffer.from(text, "base64"));
}
