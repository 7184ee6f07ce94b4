/** A whole row under its earlier contract as a row under the next: by number, value by value, or the first that does not fit. */

import { isZero } from "../model/record.ts";
import { isList, type MutableRecord, type Record } from "../model/value.ts";
import { absentValue } from "../model/zero.ts";
import type { EntityModel } from "../model/entity.ts";
import type { Field } from "../model/field.ts";
import { converter, type Convert, type OnMessage } from "./convert.ts";
import { typeDifferences } from "./type-change.ts";

export type ConvertedRow =
  | { readonly status: "fits"; readonly record: Record }
  /** Number of the field whose value has no counterpart. */
  | { readonly status: "misfit"; readonly number: number };

/** Compiled once per pair of contracts. */
export function recordConverter(
  from: EntityModel,
  to: EntityModel,
  onMessage: OnMessage = () => {},
): (record: Record) => ConvertedRow {
  const parts = to.fields.map((field) => {
    const earlier = from.fields.find(({ number }) => number === field.number);
    const isSame = earlier && typeDifferences(earlier.type, field.type).length === 0;
    const convert: Convert = !earlier || isSame ? (value) => value : converter(earlier.type, field.type, onMessage);
    return { field, earlier, convert, absent: absentValue(field) };
  });
  return (record) => {
    const converted: MutableRecord = [];
    for (const { field, earlier, convert, absent } of parts) {
      const value = earlier && record[earlier.ordinal];
      const isNothing = !earlier || value === undefined || saysNothing(earlier, field, value);
      const result = isNothing ? absent : convert(value);
      if (result === undefined && !isNothing) return { status: "misfit", number: field.number };
      converted.push(result);
    }
    return { status: "fits", record: converted };
  };
}

/** Between one value and a list of them: the empty list, and the zero of a field that is never absent. */
function saysNothing(from: Field, to: Field, value: NonNullable<Record[number]>): boolean {
  if (from.type.kind === "list" && to.type.kind !== "list") return isList(value) && value.length === 0;
  return from.type.kind !== "list" && to.type.kind === "list" && !from.presence && isZero(from, value);
}
