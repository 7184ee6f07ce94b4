/** A field's value under its earlier contract as a value under the next, or that it does not fit. */

import type { MessageField } from "../model/field.ts";
import { isZero } from "../model/record.ts";
import { isList, type Value } from "../model/value.ts";
import { absentValue } from "../model/zero.ts";
import { converter, type Convert, type OnMessage } from "./convert.ts";
import { typeDifferences } from "./type-change.ts";

export type Converted = { readonly fits: true; readonly value: Value | undefined } | { readonly fits: false };

const MISFIT: Converted = { fits: false };

/** Compiled once per pair. Absent values become what the next field reads as where nothing is stored. */
export function fieldConverter(
  from: MessageField,
  to: MessageField,
  onMessage?: OnMessage,
): (value: Value | undefined) => Converted {
  const isSame = typeDifferences(from.type, to.type).length === 0;
  const convert: Convert = isSame ? (value) => value : converter(from.type, to.type, onMessage);
  const nothing: Converted = { fits: true, value: absentValue(to) };
  return (value) => {
    if (value === undefined || saysNothing(from, to, value)) return nothing;
    const converted = convert(value);
    return converted === undefined ? MISFIT : { fits: true, value: converted };
  };
}

/** Between one value and a list of them: the empty list, and the zero of a field that is never absent. */
function saysNothing(from: MessageField, to: MessageField, value: Value): boolean {
  if (from.type.kind === "list" && to.type.kind !== "list") return isList(value) && value.length === 0;
  return from.type.kind !== "list" && to.type.kind === "list" && !from.presence && isZero(from, value);
}
