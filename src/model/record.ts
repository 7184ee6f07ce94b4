/** records in normal form: what an absent field reads as, which fields count as present, and projections. */

import { identity } from "./compare.ts";
import type { ElementType, FieldType, MessageField, MessageType } from "./field.ts";
import { isList, isMap, type MapKey, type MutableRecord, type EntityRecord, type Value } from "./value.ts";
import { absentValue, zeroOf } from "./zero.ts";

/**
 * Normal form: fields without presence hold their zero, lists and maps are never absent, sets hold each element once;
 * nested messages likewise. Values that are in normal form already are shared with the given record.
 */
export function normalise(message: MessageType, sparse: EntityRecord): EntityRecord {
  const record: MutableRecord = [];
  for (const field of message.fields) {
    const value = sparse[field.ordinal];
    record.push(value === undefined ? absentValue(field) : normaliseValue(field.type, value));
  }
  return record;
}

/** Normal form of one value of a type. */
export function normaliseValue(type: FieldType, value: Value): Value {
  switch (type.kind) {
    case "message":
      return isList(value) ? normalise(type.message, value) : value;
    case "list":
      if (type.set) return isList(value) ? distinct(type.element, value) : value;
      return type.element.kind === "message" && isList(value)
        ? value.map((element) => element && normaliseValue(type.element, element))
        : value;
    case "map": {
      if (type.value.kind !== "message" || !isMap(value)) return value;
      const entries = new Map<MapKey, Value>();
      for (const [key, entry] of value) entries.set(key, normaliseValue(type.value, entry));
      return entries;
    }
    case "bytes":
    case "string":
    case "bool":
    case "int32":
    case "uint32":
    case "int64":
    case "uint64":
    case "float":
    case "double":
    case "enum":
    case "timestamp":
    case "duration":
    case "decimal":
      return value;
  }
}

/** The elements once each, in the order they first appear; the same list where nothing repeats. */
export function distinct(element: ElementType, values: readonly (Value | undefined)[]): readonly (Value | undefined)[] {
  const seen = new Set<unknown>();
  const once = values.filter((value) => {
    const mark = identity(element, value);
    if (seen.has(mark)) return false;
    seen.add(mark);
    return true;
  });
  return once.length === values.length ? values : once;
}

/** Whether a value is what a field without presence reads as when nothing was stored. Lists and maps: whether empty. */
export function isZero(field: MessageField, value: Value | undefined): boolean {
  if (isMap(value)) return value.size === 0;
  if (value instanceof Uint8Array) return value.length === 0;
  if (field.type.kind === "list" && isList(value)) return value.length === 0;
  return value !== undefined && value === zeroOf(field.type);
}

/** Whether a field says something: with presence any value does, without it only one that is not zero or empty. */
export function isPresent(field: MessageField, value: Value | undefined): boolean {
  if (value === undefined) return false;
  return field.presence || !isZero(field, value);
}

/** As long as the record, with the named fields alone; undefined keeps all. */
export function project(record: EntityRecord, fields: readonly number[] | undefined): EntityRecord {
  if (!fields) return record;
  const projected: MutableRecord = record.map(() => undefined);
  for (const ordinal of fields) projected[ordinal] = record[ordinal];
  return projected;
}

/** In normal form, with nothing set. */
export function emptyRecord(message: MessageType): EntityRecord {
  return message.fields.map(absentValue);
}
