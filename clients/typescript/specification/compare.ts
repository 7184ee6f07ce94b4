/** The order of values and their equality, as the sidecar has them. */

import type { EnumTable, FieldTable } from "../schema/tables.ts";
import { Duration } from "../value/duration.ts";
import { Timestamp } from "../value/timestamp.ts";

/** Of a stored value and an operand: below 0, 0 or above 0; not a number where no order is. */
export type Comparator = (value: unknown, operand: unknown) => number;

/** An empty decimal is absent. */
export function isAbsent({ kind, list, map }: FieldTable, value: unknown): boolean {
  if (value === undefined || value === null) return true;
  return kind === "decimal" && value === "" && !list && map === undefined;
}

export function comparatorOf(field: FieldTable): Comparator {
  if (field.map !== undefined) return (key, operand) => (String(key) === String(operand) ? 0 : 1);
  if (field.kind === "enum") return enumComparator(field.enum);
  switch (field.kind) {
    case "string":
      return (a, b) => compareText(String(a), String(b));
    case "decimal":
      return (a, b) => compareDecimals(String(a), String(b));
    case "bytes":
      return (a, b) => (a instanceof Uint8Array && b instanceof Uint8Array ? Buffer.compare(a, b) : Number.NaN);
    case "timestamp":
      return (a, b) => momentOf(a).compare(momentOf(b));
    case "duration":
      return (a, b) => (a instanceof Duration && b instanceof Duration ? order(a.toNanoseconds(), b.toNanoseconds()) : Number.NaN); // prettier-ignore
    case "float": // an operand is rounded as a written value is
      return (a, b) => order(Math.fround(Number(a)), Math.fround(Number(b)));
    case "double":
    case "int32":
    case "int64":
    case "uint32":
    case "uint64":
    case "sint32":
    case "sint64":
    case "fixed32":
    case "fixed64":
    case "sfixed32":
    case "sfixed64":
    case "bool":
    case "struct": // these can only be there or not
    case "value":
    case "listValue":
    case "message":
      return order;
  }
}

function enumComparator({ values }: EnumTable): Comparator {
  const number = (value: unknown): unknown => (typeof value === "string" ? values[value] : value);
  return (a, b) => (number(a) === number(b) ? 0 : 1);
}

function order(a: unknown, b: unknown): number {
  if (a === b) return 0;
  if ((typeof a === "number" || typeof a === "bigint") && (typeof b === "number" || typeof b === "bigint"))
    return a < b ? -1 : a > b ? 1 : 0;
  return 1; // booleans are equal or not
}

function momentOf(value: unknown): Timestamp {
  return value instanceof Timestamp || value instanceof Date ? Timestamp.from(value) : new Timestamp(0, 0);
}

/** By code point: surrogates stand behind the rest of the basic plane. */
function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

/** As numbers: both are brought to the same count of digits behind the point. */
function compareDecimals(a: string, b: string): number {
  const digits = Math.max(fractionOf(a).length, fractionOf(b).length);
  return order(unscaled(a, digits), unscaled(b, digits));
}

function fractionOf(text: string): string {
  const point = text.indexOf(".");
  return point === -1 ? "" : text.slice(point + 1);
}

function unscaled(text: string, digits: number): bigint {
  const fraction = fractionOf(text);
  const whole = fraction === "" ? text : text.slice(0, -fraction.length - 1);
  return BigInt(`${whole}${fraction.padEnd(digits, "0")}`.replace(/^-0*(?=\d)/, "-"));
}
