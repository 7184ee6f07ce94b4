/** What becomes of values when a type that holds one value becomes another. */

import type { FieldType, TypeKind } from "../model/field.ts";

/**
 * `widened`: every value has its exact counterpart. `narrowed`: only values that fit, so every row is looked at first.
 * `left`: the rows keep what is no longer declared.
 */
export type Verdict =
  | { readonly kind: "same" | "renamed" | "added" | "left" | "widened" }
  | { readonly kind: "narrowed"; readonly why: string }
  /** `instead` says what to do. */
  | { readonly kind: "impossible"; readonly instead: string };

const SAME: Verdict = { kind: "same" };
const WIDENED: Verdict = { kind: "widened" };
const FITS: Verdict = { kind: "narrowed", why: "every value must fit exactly" };

/** From → to, where no value is lost. */
const WIDER: { readonly [Kind in TypeKind]?: readonly TypeKind[] } = {
  bool: ["int32", "uint32", "int64", "uint64"],
  int32: ["int64", "double"],
  uint32: ["int64", "uint64", "double"],
  float: ["double"],
  string: ["bytes"],
  decimal: ["string"],
  enum: ["int32", "int64"],
};

/** From → to, where some values may have no counterpart. */
const NARROWER: { readonly [Kind in TypeKind]?: readonly TypeKind[] } = {
  int32: ["bool", "uint32", "uint64", "float", "enum"],
  uint32: ["bool", "int32", "float"],
  int64: ["bool", "int32", "uint32", "uint64", "float", "double", "enum"],
  uint64: ["bool", "int32", "uint32", "int64", "float", "double"],
  float: ["int32", "uint32", "int64", "uint64"],
  double: ["float", "int32", "uint32", "int64", "uint64"],
  bytes: ["string"],
  string: ["decimal"],
};

const WHOLE: { readonly [Kind in TypeKind]?: number } = { int32: 10, uint32: 10, int64: 19, uint64: 20 };

/** Lists, maps and messages are unlike any scalar. */
export function scalarChange(from: FieldType, to: FieldType): Verdict {
  if (from.kind === "decimal" || to.kind === "decimal") return decimalChange(from, to);
  if (from.kind === to.kind) return SAME;
  if (WIDER[from.kind]?.includes(to.kind)) return WIDENED;
  if (NARROWER[from.kind]?.includes(to.kind)) return FITS;
  return impossible(from, to);
}

function decimalChange(from: FieldType, to: FieldType): Verdict {
  if (from.kind === "decimal" && to.kind === "decimal") {
    if (from.precision === to.precision && from.scale === to.scale) return SAME;
    const keepsFraction = to.scale >= from.scale;
    const keepsWhole = to.precision - to.scale >= from.precision - from.scale;
    return keepsFraction && keepsWhole ? WIDENED : FITS;
  }
  if (from.kind === "decimal") {
    if (to.kind === "string") return WIDENED;
    const digits = WHOLE[to.kind];
    if (digits === undefined) return impossible(from, to);
    // All nines of so many digits less one fit, and a minus sign where the type has one.
    const isSigned = to.kind === "int32" || to.kind === "int64";
    return from.scale === 0 && isSigned && from.precision < digits ? WIDENED : FITS;
  }
  if (to.kind !== "decimal") return SAME;
  if (from.kind === "string") return FITS;
  const digits = WHOLE[from.kind];
  if (digits === undefined) return impossible(from, to);
  return to.precision - to.scale >= digits ? WIDENED : FITS;
}

function impossible(from: FieldType, to: FieldType): Verdict {
  const isMoment = [from.kind, to.kind].some((kind) => kind === "timestamp" || kind === "duration");
  const why = isMoment ? "no unit or form is agreed, so values would be guessed; " : "";
  return { kind: "impossible", instead: `${why}give the field a new number, and reserve the old one` };
}
