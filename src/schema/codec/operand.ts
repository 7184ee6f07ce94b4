/** Operands of filters as values of their field, and what is left of a comparison whose operand no value of the field equals. */

import { decimalFits, rescale } from "../../model/decimal.ts";
import type { Comparison, Filter } from "../../model/filter.ts";
import type { ScalarType } from "../../model/field.ts";
import type { Value } from "../../model/value.ts";
import { requireDecimal } from "./scalar-codec.ts";

/** Where an operand lies among the values of a type. */
export type Place =
  | { readonly at: "value"; readonly value: Value }
  /** Between two values, of which `value` is the one that `side` of it. */
  | { readonly at: "between"; readonly value: Value; readonly side: "below" | "above" }
  /** Less, or more, than every value of the type. */
  | { readonly at: "below" | "above" };

/** `operand` is as its predicate carries it: bigint for integers, number for floats, text for decimals. */
export function placeOperand(type: ScalarType, operand: Value): Place {
  switch (type.kind) {
    case "int32":
      return placeInteger(operand, -(2n ** 31n), 2n ** 31n - 1n);
    case "uint32":
      return placeInteger(operand, 0n, 2n ** 32n - 1n);
    case "float":
      return placeFloat(operand);
    case "decimal":
      return placeDecimal(operand, type.precision, type.scale);
    case "int64":
    case "uint64":
    case "double":
    case "bool":
    case "string":
    case "bytes":
    case "enum":
    case "timestamp":
    case "duration":
      return { at: "value", value: operand };
  }
}

/** A comparison of a field with an operand, folded where the operand is no value of the field. */
export function compareWith(op: Comparison, ordinal: number, place: Place): Filter {
  switch (place.at) {
    case "value":
      return { kind: "condition", op, ordinal, value: place.value };
    case "between":
      return compareBetween(op, ordinal, place.value, place.side);
    case "below":
      return op === "gt" || op === "gte" || op === "ne" ? present(ordinal) : NEVER;
    case "above":
      return op === "lt" || op === "lte" || op === "ne" ? present(ordinal) : NEVER;
  }
}

export const NEVER: Filter = { kind: "const", value: false };

/** True on every value, false where absent. */
export function present(ordinal: number): Filter {
  return { kind: "condition", op: "is_null", ordinal, value: false };
}

function compareBetween(op: Comparison, ordinal: number, value: Value, side: "below" | "above"): Filter {
  switch (op) {
    case "eq":
      return NEVER;
    case "ne":
      return present(ordinal);
    case "lt":
    case "lte":
      return { kind: "condition", op: side === "below" ? "lte" : "lt", ordinal, value };
    case "gt":
    case "gte":
      return { kind: "condition", op: side === "below" ? "gt" : "gte", ordinal, value };
  }
}

function placeInteger(operand: Value, least: bigint, most: bigint): Place {
  if (typeof operand !== "bigint") throw new TypeError("an integer operand that is no bigint");
  if (operand < least) return { at: "below" };
  if (operand > most) return { at: "above" };
  return { at: "value", value: Number(operand) };
}

/** An operand is a double on the wire; it is rounded to the field's type, as a written value is, so that 0.1 finds 0.1. */
function placeFloat(operand: Value): Place {
  if (typeof operand !== "number") throw new TypeError("a floating operand that is no number");
  const value = Math.fround(operand) + 0;
  if (Number.isFinite(value)) return { at: "value", value };
  return { at: value < 0 ? "below" : "above" };
}

function placeDecimal(operand: Value, precision: number, scale: number): Place {
  if (typeof operand !== "string") throw new TypeError("a decimal operand that is no text");
  const decimal = requireDecimal(operand);
  const { value, exact } = rescale(decimal.unscaled, decimal.scale, scale);
  if (!decimalFits(value, precision)) return placeBeyond(value, precision);
  return exact ? { at: "value", value } : { at: "between", value, side: "below" };
}

/** `value` is the operand rounded down: one that only rounding made too small is still less than every value. */
function placeBeyond(value: bigint, precision: number): Place {
  return value >= 10n ** BigInt(precision) ? { at: "above" } : { at: "below" };
}
