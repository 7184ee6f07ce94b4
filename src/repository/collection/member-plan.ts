/** How a store reads an entity's share of a partition: a filter of its fields, and whether the store's order is that of the texts. */

import type { TextBound, TextRange } from "../../adapter/collection.ts";
import {
  fieldText,
  fieldValue,
  keepsOrder,
  textOrder,
  widthsOf,
  type FieldPart,
  type TemplatePart,
  type TextTemplate,
} from "../../adapter/item-template.ts";
import type { Plan } from "../../adapter/plan.ts";
import { compareText } from "../../model/compare.ts";
import { Fault } from "../../model/fault.ts";
import type { Comparison, Filter } from "../../model/filter.ts";
import type { Value } from "../../model/value.ts";
import { foldFilter } from "../read/filter.ts";
import { planOf } from "../read/compiled-query.ts";
import type { Member } from "./members.ts";

export interface MemberPlan {
  /** Undefined where no row can be in the range. */
  readonly plan: Plan | undefined;
  /** Whether rows come in the order of their texts. */
  readonly ordered: boolean;
}

/** @throws Fault where the store would have to read all of the entity's rows */
export function planMember(member: Member, range: TextRange, reverse: boolean): MemberPlan {
  const { scope, index, fixed, texts } = member;
  const narrowed = narrow(texts.sort, fixed, range);
  // Of an empty text a template writes a character that no value holds.
  const isNowhere = [...fixed.values()].some((value) => typeof value === "string" && value.includes("\0"));
  if (narrowed === "nothing" || isNowhere) return { plan: undefined, ordered: true };
  const given = Array.from(fixed, ([ordinal, value]): Filter => condition(ordinal, "eq", value));
  const present = (index?.parts ?? [])
    .filter(({ ordinal }) => !fixed.has(ordinal))
    .map(({ ordinal }): Filter => ({ kind: "condition", op: "is_null", ordinal, value: false }));
  const where = foldFilter(
    scope.layout,
    { kind: "group", op: "and", terms: [...given, ...present, ...narrowed] },
    scope.limits.oneOf,
  );
  if (where.kind === "nothing") return { plan: undefined, ordered: true };
  const order = textOrder(texts.sort, new Set(fixed.keys()));
  if (order) {
    const plan = planOf(scope, where, reverse ? order.map((term) => ({ ...term, desc: !term.desc })) : order);
    if (plan.ordered && !plan.needsScan) return { plan, ordered: true };
  }
  const plan = planOf(scope, where, []);
  if (plan.needsScan || given.length === 0) throw unserved(member, plan);
  return { plan, ordered: false };
}

function unserved({ scope, texts }: Member, { wanted }: Plan): Fault {
  const { entity } = scope;
  const names = [...texts.partition.ordinals, ...texts.sort.ordinals].map((ordinal) => entity.fields[ordinal]?.name);
  const index = wanted ?? `(${[...new Set(names)].join(", ")})`;
  const what = `no key or index of ${entity.name} holds the rows of one partition together`;
  return new Fault("SCAN_REQUIRED", `${what}; an index on ${index} would`, {
    entity: entity.name,
    metadata: { missing_index: index },
  });
}

function condition(ordinal: number, op: Comparison, value: Value): Filter {
  return { kind: "condition", op, ordinal, value };
}

/**
 * What a range of texts says of the first field of the template that is not fixed; "nothing" where no text is in the range. It may say
 * less than the range, never more: the texts decide.
 */
export function narrow(
  template: TextTemplate,
  fixed: ReadonlyMap<number, Value>,
  range: TextRange,
): readonly Filter[] | "nothing" {
  const { leading, open } = beginning(template, fixed);
  if (leading === undefined) return "nothing";
  const terms: Filter[] = [];
  const ends = range.prefix === undefined ? [range.lower, range.upper] : prefixEnds(range.prefix);
  for (const [side, bound] of ends.entries()) {
    const place = bound && placeOf(leading, bound, side === 0, range.prefix !== undefined);
    if (place === "outside") return "nothing";
    if (place === undefined || place === "inside" || !open || open.part.turned) continue;
    const { ordinal } = open.part;
    const value = valueAt(open, place.rest, side === 0);
    if (value === undefined) continue;
    if (range.prefix !== undefined && typeof value === "string")
      return [{ kind: "condition", op: "starts_with", ordinal, value }];
    const isExclusive = !open.behind && typeof value === "string" && bound?.inclusive === false;
    terms.push(condition(ordinal, side === 0 ? (isExclusive ? "gt" : "gte") : isExclusive ? "lt" : "lte", value));
  }
  return terms;
}

/** Both ends of what begins with a text are looked for behind it. */
function prefixEnds(prefix: string): readonly TextBound[] {
  return [
    { text: prefix, inclusive: true },
    { text: prefix, inclusive: true },
  ];
}

interface Open {
  readonly part: FieldPart;
  readonly behind: TemplatePart | undefined;
}

/** The text before the first field that is not fixed, and that field; no text where a fixed one has none. */
function beginning(
  { parts }: TextTemplate,
  fixed: ReadonlyMap<number, Value>,
): { readonly leading: string | undefined; readonly open?: Open } {
  let leading = "";
  for (const [i, part] of parts.entries()) {
    if (part.kind === "literal") {
      leading += part.text;
      continue;
    }
    const value = fixed.get(part.ordinal);
    if (value === undefined) return { leading, open: { part, behind: parts[i + 1] } };
    const text = fieldText(part, value);
    if (text === undefined) return { leading: undefined };
    leading += text;
  }
  return { leading };
}

type Place = "inside" | "outside" | { readonly rest: string };

/** Where the texts that begin with `leading` lie, seen from a bound. */
function placeOf(leading: string, { text }: TextBound, isLower: boolean, isPrefix: boolean): Place {
  if (text.startsWith(leading)) return { rest: text.slice(leading.length) };
  if (isPrefix) return leading.startsWith(text) ? "inside" : "outside";
  return compareText(leading, text) > 0 === isLower ? "inside" : "outside";
}

/** What a field is at least, or at most, whose text begins so; undefined where that is not easily said. */
function valueAt({ part, behind }: Open, rest: string, isLower: boolean): Value | undefined {
  if (rest === "") return undefined;
  if (part.type.kind === "string") return keepsOrder(part, behind) && fieldText(part, rest) === rest ? rest : undefined;
  const widths = widthsOf(part);
  if (!widths || rest.startsWith("-") || (part.type.kind === "timestamp" && !isWholeUnits(rest))) return undefined;
  const whole = rest.slice(0, widths.least.length) + (isLower ? widths.least : widths.greatest).slice(rest.length);
  return fieldValue(part, whole);
}

/** A month, day or hour of one digit is followed by others than the least and the greatest moment have there. */
function isWholeUnits({ length }: string): boolean {
  return length >= 4 && length !== 6 && length !== 9 && length !== 12;
}
