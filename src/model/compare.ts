/** The one order of values, and when two are equal. Every store must agree with it. */

import type { OrderTerm } from "./entity.ts";
import type { FieldType, MessageField, MessageType } from "./field.ts";
import { isList, isMap, type EntityRecord, type Value, type ValueList, type ValueMap } from "./value.ts";
import { absentValue } from "./zero.ts";

/** Below 0, 0 or above 0, as `Array.prototype.sort` wants it. */
export type Comparator<T> = (a: T, b: T) => number;

/** By code point, which is also the order of the UTF-8 bytes; `<` goes by UTF-16 unit, and puts U+FFFD after U+10000. */
export function compareText(a: string, b: string): number {
  const length = a.length < b.length ? a.length : b.length;
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return codePointRank(x) - codePointRank(y);
  }
  return a.length - b.length;
}

/** Puts surrogates (U+D800 to U+DFFF) behind the rest of the basic plane, where the characters they stand for belong. */
function codePointRank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

/** As unsigned bytes; a prefix comes first. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  return Buffer.compare(a, b);
}

/** Both are present. Lists, maps and messages have no order, and throw. */
export function compareValues(type: FieldType, a: Value, b: Value): number {
  return comparatorOf(type)(a, b);
}

/** `compareValues` of one type, to be kept where many values are compared. */
export function comparatorOf(type: FieldType): Comparator<Value> {
  switch (type.kind) {
    case "string":
      return compareTextValues;
    case "bytes":
      return compareBytesValues;
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
      return compareNative;
    case "message":
    case "list":
    case "map":
      throw new TypeError(`values of kind ${type.kind} have no order`);
  }
}

function compareNative(a: Value, b: Value): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function compareTextValues(a: Value, b: Value): number {
  if (typeof a !== "string" || typeof b !== "string") throw new TypeError("a string field holds something else");
  return compareText(a, b);
}

function compareBytesValues(a: Value, b: Value): number {
  if (!(a instanceof Uint8Array) || !(b instanceof Uint8Array))
    throw new TypeError("a bytes field holds something else");
  return Buffer.compare(a, b);
}

/** Absent values come first ascending and last descending. */
export function compareInOrder(
  fields: readonly MessageField[],
  order: readonly OrderTerm[],
  a: EntityRecord,
  b: EntityRecord,
): number {
  return orderComparator(fields, order)(a, b);
}

/** `compareInOrder` of one order, to be kept where many records are compared. */
export function orderComparator(
  fields: readonly MessageField[],
  order: readonly OrderTerm[],
): Comparator<EntityRecord> {
  const [first, ...others] = order;
  if (!first) return () => 0;
  const compareFirst = termComparator(fields, first);
  if (others.length === 0) return compareFirst;
  const compareOthers = orderComparator(fields, others);
  return (a, b) => compareFirst(a, b) || compareOthers(a, b);
}

function termComparator(fields: readonly MessageField[], { ordinal, desc }: OrderTerm): Comparator<EntityRecord> {
  const compare = comparatorOf(typeAt(fields, ordinal));
  const sign = desc ? -1 : 1;
  return (a, b) => {
    const x = a[ordinal];
    const y = b[ordinal];
    if (x === y) return 0;
    return sign * (x === undefined ? -1 : y === undefined ? 1 : compare(x, y));
  };
}

function typeAt(fields: readonly MessageField[], ordinal: number): FieldType {
  const field = fields[ordinal];
  if (!field) throw new TypeError(`no field has ordinal ${ordinal}`);
  return field.type;
}

/** Deep. Maps and sets are equal in any order; inside messages an absent field without presence equals its zero. */
export function equalValues(type: FieldType, a: Value | undefined, b: Value | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined) return false;
  switch (type.kind) {
    case "bytes":
      return compareBytesValues(a, b) === 0;
    case "message":
      return isList(a) && isList(b) && equalRecords(type.message, a, b);
    case "list":
      if (!isList(a) || !isList(b) || a.length !== b.length) return false;
      return type.set ? equalSets(type.element, a, b) : a.every((value, i) => equalValues(type.element, value, b[i]));
    case "map":
      return isMap(a) && isMap(b) && equalMaps(type.value, a, b);
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
      return false; // these are equal only when identical
  }
}

/** Whether two records of one message say the same. */
export function equalRecords(message: MessageType, a: EntityRecord, b: EntityRecord): boolean {
  return message.fields.every((field) => {
    const x = a[field.ordinal];
    const y = b[field.ordinal];
    return x === y || equalValues(field.type, x ?? absentValue(field), y ?? absentValue(field));
  });
}

function equalSets(element: FieldType, a: ValueList, b: ValueList): boolean {
  const texts = new Set(a.map((value) => identity(element, value)));
  return b.every((value) => texts.has(identity(element, value)));
}

function equalMaps(type: FieldType, a: ValueMap, b: ValueMap): boolean {
  if (a.size !== b.size) return false;
  for (const [key, value] of a) {
    if (!b.has(key) || !equalValues(type, value, b.get(key))) return false;
  }
  return true;
}

/** Something a JavaScript Set or Map holds equal exactly when two present scalars of one type are equal. */
export function identity(type: FieldType, value: Value | undefined): unknown {
  return type.kind === "bytes" && value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : value;
}
