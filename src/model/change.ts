/** What an Update's changes make of a row: set, increment, append, remove. */

import { identity } from "./compare.ts";
import { decimalFits } from "./decimal.ts";
import type { EntityModel } from "./entity.ts";
import type { FieldType } from "./field.ts";
import type { Change, Rejection } from "./mutation.ts";
import { distinct, normaliseValue } from "./record.ts";
import { isList, isMap, type MapKey, type MutableRecord, type EntityRecord, type Value } from "./value.ts";
import { absentValue } from "./zero.ts";

/** A copy of the row with the changes in it, or the first change that leaves its field's type. */
export function applyChanges(
  entity: EntityModel,
  changes: readonly Change[],
  row: EntityRecord,
): { readonly record: MutableRecord } | Extract<Rejection, { readonly kind: "range" }> {
  const record: MutableRecord = [...row];
  for (const change of changes) {
    const { ordinal } = change;
    const field = entity.fields[ordinal];
    if (!field) throw new TypeError(`${entity.name} has no field with ordinal ${ordinal}`);
    switch (change.kind) {
      case "set":
        record[ordinal] = change.value === undefined ? absentValue(field) : normaliseValue(field.type, change.value);
        break;
      case "increment": {
        const sum = increment(field.type, record[ordinal], change.by);
        if (sum === undefined) return { kind: "range", ordinal };
        record[ordinal] = sum;
        break;
      }
      case "append":
        record[ordinal] = append(field.type, record[ordinal], normaliseValue(field.type, change.value));
        break;
      case "remove":
        record[ordinal] = removeFrom(field.type, record[ordinal], change.value);
        break;
    }
  }
  return { record };
}

/** Inclusive ranges of the integer types. */
const RANGES = {
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
} as const;

/** An absent value counts as 0. Undefined where the sum is not a value of the type. */
export function increment(type: FieldType, value: Value | undefined, by: number | bigint): Value | undefined {
  switch (type.kind) {
    case "int32":
    case "uint32": {
      const sum = BigInt(numberIn(value)) + BigInt(by);
      return inRange(RANGES[type.kind], sum) ? Number(sum) : undefined;
    }
    case "int64":
    case "uint64": {
      const sum = bigintIn(value) + BigInt(by);
      return inRange(RANGES[type.kind], sum) ? sum : undefined;
    }
    case "decimal": {
      const sum = bigintIn(value) + BigInt(by);
      return decimalFits(sum, type.precision) ? sum : undefined;
    }
    case "float":
      return finite(Math.fround(numberIn(value) + Number(by)));
    case "double":
      return finite(numberIn(value) + Number(by));
    case "bool":
    case "string":
    case "bytes":
    case "enum":
    case "timestamp":
    case "duration":
    case "message":
    case "list":
    case "map":
      throw new TypeError(`a field of kind ${type.kind} cannot be incremented`);
  }
}

function inRange([least, most]: readonly [bigint, bigint], sum: bigint): boolean {
  return sum >= least && sum <= most;
}

/** Adding 0 makes −0 the 0 that every store keeps. */
function finite(sum: number): number | undefined {
  return Number.isFinite(sum) ? sum + 0 : undefined;
}

function numberIn(value: Value | undefined): number {
  return typeof value === "number" ? value : 0;
}

function bigintIn(value: Value | undefined): bigint {
  return typeof value === "bigint" ? value : 0n;
}

/** A list's elements come at its end, a set's once, a map's entries replace those with the same key. */
export function append(type: FieldType, value: Value | undefined, added: Value): Value {
  if (type.kind === "map" && isMap(added)) return new Map<MapKey, Value>([...(isMap(value) ? value : []), ...added]);
  if (type.kind !== "list" || !isList(added)) throw new TypeError(`a field of kind ${type.kind} cannot be appended to`);
  const joined = [...(isList(value) ? value : []), ...added];
  return type.set ? distinct(type.element, joined) : joined;
}

/** Every equal element of a list or set goes; of a map, the entries with these keys. */
export function removeFrom(type: FieldType, value: Value | undefined, removed: Value): Value {
  if (type.kind === "map" && isMap(removed)) {
    const rest = new Map<MapKey, Value>(isMap(value) ? value : []);
    for (const key of removed.keys()) rest.delete(key);
    return rest;
  }
  if (type.kind !== "list" || !isList(removed))
    throw new TypeError(`nothing can be removed from a field of kind ${type.kind}`);
  const gone = new Set(removed.map((element) => identity(type.element, element)));
  return (isList(value) ? value : []).filter((element) => !gone.has(identity(type.element, element)));
}
