/**
 * Rows and filters as a test writes them: plain objects by field name, decimals as text, timestamps and 64-bit numbers
 * as bigint, maps as Map, embedded messages as objects. Turned into records and Filters by the field's type.
 */

import { decimalText, parseDecimal } from "../../src/model/decimal.ts";
import type { EntityModel } from "../../src/model/entity.ts";
import type { FieldType, MessageField, MessageType } from "../../src/model/field.ts";
import type { Comparison, Filter } from "../../src/model/filter.ts";
import type { MapKey, EntityRecord, Value } from "../../src/model/value.ts";

export type PlainValue =
  boolean | number | bigint | string | Uint8Array | readonly PlainValue[] | ReadonlyMap<MapKey, PlainValue> | Plain;

export interface Plain {
  readonly [field: string]: PlainValue | undefined;
}

export function fieldNamed(message: MessageType, name: string): MessageField {
  const field = message.fields.find((candidate) => candidate.name === name);
  if (!field) throw new TypeError(`${message.name} has no field ${name}`);
  return field;
}

/** What a client would have sent: absent fields are undefined. */
export function sparse(message: MessageType, plain: Plain): EntityRecord {
  const record: (Value | undefined)[] = message.fields.map(() => undefined);
  for (const [name, value] of Object.entries(plain)) {
    if (value === undefined) continue;
    const field = fieldNamed(message, name);
    record[field.ordinal] = toValue(field.type, value);
  }
  return record;
}

/** The fields of a record that are there, by name; `ordinals` as an answer's projection says. */
export function plain(message: MessageType, record: EntityRecord, ordinals?: readonly number[]): Plain {
  const result: { [field: string]: PlainValue } = {};
  for (const field of message.fields) {
    const value = record[field.ordinal];
    if (value === undefined || (ordinals && !ordinals.includes(field.ordinal))) continue;
    result[field.name] = toPlain(field.type, value);
  }
  return result;
}

/** Values arrive as the test wrote them, so their shape is the test's own promise. */
export function toValue(type: FieldType, value: PlainValue): Value {
  if (type.kind === "decimal") return unscaled(textOf(value), type.scale);
  if (type.kind === "message") return sparse(type.message, value as Plain);
  if (type.kind === "list") return (value as readonly PlainValue[]).map((element) => toValue(type.element, element));
  if (type.kind === "map")
    return mapValues(value as ReadonlyMap<MapKey, PlainValue>, (item) => toValue(type.value, item));
  return value as Value;
}

function toPlain(type: FieldType, value: Value): PlainValue {
  if (type.kind === "decimal") return decimalText(value as bigint, type.scale);
  if (type.kind === "message") return plain(type.message, value as EntityRecord);
  if (type.kind === "list") return (value as readonly Value[]).map((element) => toPlain(type.element, element));
  if (type.kind === "map") return mapValues(value as ReadonlyMap<MapKey, Value>, (item) => toPlain(type.value, item));
  return value as PlainValue;
}

function mapValues<From, To>(map: ReadonlyMap<MapKey, From>, change: (value: From) => To): ReadonlyMap<MapKey, To> {
  return new Map([...map].map(([key, value]) => [key, change(value)]));
}

/** A value that the test knows to be text. */
export function textOf(value: unknown): string {
  if (typeof value !== "string") throw new TypeError(`${typeof value} where text was expected`);
  return value;
}

/** A list's scalars from small to large; for answers whose order says nothing. */
export function ascending(values: unknown): readonly unknown[] {
  if (!Array.isArray(values)) throw new TypeError("only a list can be sorted");
  return values.toSorted((a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0));
}

function unscaled(text: string, scale: number): bigint {
  const parsed = parseDecimal(text);
  if (!parsed || parsed.scale > scale) throw new TypeError(`${text} is no decimal of scale ${scale}`);
  return parsed.unscaled * 10n ** BigInt(scale - parsed.scale);
}

/** A filter as JSON would show it: `{ status: { eq: "open" }, any: [{…}, {…}] }`. */
export interface Where {
  readonly all?: readonly Where[];
  readonly any?: readonly Where[];
  readonly none?: readonly Where[];
  readonly [field: string]: readonly Where[] | Predicate | undefined;
}

export type Predicate = { readonly [operator: string]: PlainValue };

export function filter(entity: EntityModel, where: Where): Filter {
  const terms: Filter[] = [];
  for (const [name, value] of Object.entries(where)) {
    if (value === undefined) continue;
    if (name === "all")
      terms.push({ kind: "group", op: "and", terms: (value as readonly Where[]).map((term) => filter(entity, term)) });
    else if (name === "any")
      terms.push({ kind: "group", op: "or", terms: (value as readonly Where[]).map((term) => filter(entity, term)) });
    else if (name === "none")
      terms.push({
        kind: "not",
        term: { kind: "group", op: "or", terms: (value as readonly Where[]).map((term) => filter(entity, term)) },
      });
    else terms.push(...conditions(fieldNamed(entity.message, name), value as Predicate));
  }
  const [only] = terms;
  return terms.length === 1 && only ? only : { kind: "group", op: "and", terms };
}

function conditions(field: MessageField, predicate: Predicate): Filter[] {
  const { ordinal, type } = field;
  return Object.entries(predicate).map(([operator, operand]): Filter => {
    switch (operator) {
      case "one_of":
        return {
          kind: "condition",
          op: "in",
          ordinal,
          values: (operand as readonly PlainValue[]).map((value) => toValue(type, value)),
        };
      case "starts_with":
      case "contains":
        return { kind: "condition", op: operator, ordinal, value: operand as string };
      case "is_null":
      case "is_empty":
        return { kind: "condition", op: operator, ordinal, value: operand as boolean };
      case "has":
        return { kind: "condition", op: "has_any", ordinal, values: [operand as MapKey] };
      case "has_any":
      case "has_all":
        return { kind: "condition", op: operator, ordinal, values: operand as readonly MapKey[] };
      default:
        return { kind: "condition", op: operator as Comparison, ordinal, value: toValue(type, operand) };
    }
  });
}
