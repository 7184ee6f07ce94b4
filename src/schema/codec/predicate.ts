/** Predicate messages → conditions on their field. */

import { identity } from "../../model/compare.ts";
import { Fault } from "../../model/fault.ts";
import type { Comparison, Filter } from "../../model/filter.ts";
import type { FieldType, MessageField, ScalarType } from "../../model/field.ts";
import type { MapKey, EntityRecord, Value } from "../../model/value.ts";
import { isList } from "../../model/value.ts";
import type { RecordCodec } from "./codec.ts";
import { mapKeyOf } from "./element-codec.ts";
import { below } from "./fault-path.ts";
import { compareWith, NEVER, placeOperand } from "./operand.ts";
import type { PredicateMessage } from "./predicate-message.ts";
import type { Span } from "./reader.ts";

/** Most values of one `one_of`. */
const MOST_VALUES = 100;

/** What a filter may still hold. */
export interface FilterBudget {
  /** Throws FILTER_TOO_LARGE when it is used up. */
  spend(terms: number): void;
}

export interface PredicateCodec {
  readonly name: string;
  /** All that is set; never empty. */
  decode(span: Span, budget: FilterBudget): readonly Filter[];
}

export function predicateCodec(field: MessageField, predicate: PredicateMessage, codec: RecordCodec): PredicateCodec {
  const conditions = predicate.form === "value" ? valueConditions(field) : elementConditions(field);
  return {
    name: field.name,
    decode(span, budget) {
      const record = codec.decode(span.reader, span.end);
      budget.spend(termsOf(record));
      const filters: Filter[] = [];
      for (const operator of codec.type.fields) {
        const operand = record[operator.ordinal];
        if (operand === undefined) continue;
        try {
          filters.push(conditions(operator.name, operand));
        } catch (error) {
          throw below(error, operator.name);
        }
      }
      if (filters.length === 0)
        throw new Fault("EMPTY_PREDICATE", "A predicate has nothing set; leave it out, or say what must hold.");
      return filters;
    },
  };
}

/** One for each operator that is set, and one for each value of its list. */
function termsOf(record: EntityRecord): number {
  let terms = 0;
  for (const operand of record) if (operand !== undefined) terms += isList(operand) ? operand.length : 1;
  return terms;
}

type Conditions = (operator: string, operand: Value) => Filter;

function valueConditions(field: MessageField): Conditions {
  const { ordinal, type } = field;
  return (operator, operand) => {
    switch (operator) {
      case "eq":
      case "ne":
      case "lt":
      case "lte":
      case "gt":
      case "gte":
        return comparison(operator, ordinal, type, operand);
      case "one_of":
        return oneOf(ordinal, type, operand);
      case "starts_with":
      case "contains":
        if (typeof operand === "string") return { kind: "condition", op: operator, ordinal, value: operand };
        break;
      case "is_null":
        if (typeof operand === "boolean") return { kind: "condition", op: "is_null", ordinal, value: operand };
        break;
    }
    throw new TypeError(`${field.name} has no operator ${operator} for this operand`);
  };
}

function comparison(op: Comparison, ordinal: number, type: FieldType, operand: Value): Filter {
  return compareWith(op, ordinal, placeOperand(scalar(type), operand));
}

function oneOf(ordinal: number, type: FieldType, operands: Value): Filter {
  if (!isList(operands)) throw new TypeError("one_of is a list");
  if (operands.length > MOST_VALUES)
    throw new Fault("FILTER_TOO_LARGE", `one_of takes at most ${MOST_VALUES} values; ${operands.length} were sent.`);
  const values = representable(scalar(type), operands);
  return values.length === 0 ? NEVER : { kind: "condition", op: "in", ordinal, values };
}

function elementConditions(field: MessageField): Conditions {
  const { ordinal } = field;
  const type = elementType(field.type);
  return (operator, operand) => {
    if (operator === "is_empty" && typeof operand === "boolean")
      return { kind: "condition", op: "is_empty", ordinal, value: operand };
    const operands = isList(operand) ? operand : [operand];
    const values = representable(scalar(type), operands).map(mapKeyOf);
    if (operator === "has_all") return hasAll(ordinal, operands, values, type);
    return values.length === 0 ? NEVER : { kind: "condition", op: "has_any", ordinal, values };
  };
}

/** A value that no element can equal is in no list. */
function hasAll(ordinal: number, operands: readonly unknown[], values: readonly MapKey[], type: FieldType): Filter {
  const narrowed = type.kind === "int32" || type.kind === "uint32";
  if (narrowed && new Set(operands).size > values.length) return NEVER;
  return { kind: "condition", op: "has_all", ordinal, values };
}

/** Operands that are values of the type, each once. */
function representable(type: ScalarType, operands: readonly (Value | undefined)[]): readonly Value[] {
  const values = new Map<unknown, Value>();
  for (const operand of operands) {
    if (operand === undefined) continue;
    const place = placeOperand(type, operand);
    if (place.at === "value") values.set(identity(type, place.value), place.value);
  }
  return [...values.values()];
}

function elementType(type: FieldType): FieldType {
  if (type.kind === "list") return type.element;
  return type.kind === "map" ? type.key : type;
}

function scalar(type: FieldType): ScalarType {
  if (type.kind === "list" || type.kind === "map" || type.kind === "message")
    throw new TypeError(`a ${type.kind} cannot be compared`);
  return type;
}
