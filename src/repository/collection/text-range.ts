/** The condition on an item's sort key, as a range of texts. */

import type { TextBound, TextRange } from "../../adapter/collection.ts";
import { compareText } from "../../model/compare.ts";
import { Fault } from "../../model/fault.ts";
import type { SortKeyCondition } from "../operation.ts";

const ALL: TextRange = {};

/** Absent is every text. @throws Fault for a condition that says nothing, or two things at once */
export function textRangeOf(condition: SortKeyCondition | undefined): TextRange {
  if (!condition) return ALL;
  const { eq, startsWith, gt, gte, lt, lte } = condition;
  const bounds = [gt, gte, lt, lte].filter((bound) => bound !== undefined).length;
  const kinds = [eq !== undefined, startsWith !== undefined, bounds > 0].filter(Boolean).length;
  if (kinds === 0)
    throw new Fault("EMPTY_PREDICATE", "sort_key says nothing; set a condition in it, or leave it out", FIELD);
  if (kinds > 1) throw invalid("sort_key has conditions of several kinds; send eq alone, starts_with alone, or bounds");
  if ((gt !== undefined && gte !== undefined) || (lt !== undefined && lte !== undefined))
    throw invalid("sort_key has two bounds on one side; send one of gt and gte, and one of lt and lte");
  if (eq !== undefined) return { lower: { text: eq, inclusive: true }, upper: { text: eq, inclusive: true } };
  if (startsWith !== undefined) return startsWith === "" ? ALL : { prefix: startsWith };
  const lower = boundOf(gt, gte);
  const upper = boundOf(lt, lte);
  return { ...(lower && { lower }), ...(upper && { upper }) };
}

const FIELD = { field: "sort_key" };

function invalid(text: string): Fault {
  return new Fault("FIELD_INVALID", text, FIELD);
}

function boundOf(exclusive: string | undefined, inclusive: string | undefined): TextBound | undefined {
  if (exclusive !== undefined) return { text: exclusive, inclusive: false };
  return inclusive === undefined ? undefined : { text: inclusive, inclusive: true };
}

/** Where a text lies: -1 before the range, 0 in it, 1 behind it. */
export function placeIn({ prefix, lower, upper }: TextRange, text: string): -1 | 0 | 1 {
  if (prefix !== undefined && !text.startsWith(prefix)) return compareText(text, prefix) < 0 ? -1 : 1;
  if (lower && !isWithin(compareText(text, lower.text), lower)) return -1;
  return upper && !isWithin(compareText(upper.text, text), upper) ? 1 : 0;
}

function isWithin(compared: number, { inclusive }: TextBound): boolean {
  return inclusive ? compared >= 0 : compared > 0;
}
