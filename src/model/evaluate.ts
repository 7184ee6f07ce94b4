/** What a Filter means for one record: two-valued, and false on an absent value but for `is_null`. */

import { comparatorOf, equalValues, identity } from "./compare.ts";
import type { EntityModel } from "./entity.ts";
import type { FieldType } from "./field.ts";
import type { Comparison, Condition, Filter } from "./filter.ts";
import { isList, isMap, type MapKey, type EntityRecord, type Value } from "./value.ts";

/** Whether a record in normal form fulfils something. */
export type Predicate = (record: EntityRecord) => boolean;

/** Compiled once, asked for many records. */
export function compileFilter(entity: EntityModel, filter: Filter): Predicate {
  switch (filter.kind) {
    case "group": {
      const terms = filter.terms.map((term) => compileFilter(entity, term));
      return filter.op === "and" ? allOf(terms) : anyOf(terms);
    }
    case "not": {
      const term = compileFilter(entity, filter.term);
      return (record) => !term(record);
    }
    case "const":
      return () => filter.value;
    case "condition":
      return compileCondition(entity, filter);
  }
}

function allOf(terms: readonly Predicate[]): Predicate {
  const [first, second] = terms;
  if (first && terms.length === 1) return first;
  if (first && second && terms.length === 2) return (record) => first(record) && second(record);
  return (record) => terms.every((term) => term(record));
}

function anyOf(terms: readonly Predicate[]): Predicate {
  const [first, second] = terms;
  if (first && terms.length === 1) return first;
  if (first && second && terms.length === 2) return (record) => first(record) || second(record);
  return (record) => terms.some((term) => term(record));
}

function compileCondition(entity: EntityModel, condition: Condition): Predicate {
  const { ordinal } = condition;
  const type = entity.fields[ordinal]?.type;
  if (!type) throw new TypeError(`${entity.name} has no field with ordinal ${ordinal}`);
  switch (condition.op) {
    case "is_null":
      return condition.value ? (record) => record[ordinal] === undefined : (record) => record[ordinal] !== undefined;
    case "in":
      return memberOf(type, ordinal, condition.values);
    case "starts_with":
      return onText(ordinal, (text) => text.startsWith(condition.value));
    case "contains":
      return onText(ordinal, (text) => text.includes(condition.value));
    case "has_any":
      return onElements(type, ordinal, condition.values, false);
    case "has_all":
      return onElements(type, ordinal, condition.values, true);
    case "is_empty":
      return (record) => isEmpty(record[ordinal]) === condition.value;
    case "eq":
    case "ne":
    case "lt":
    case "lte":
    case "gt":
    case "gte":
      return compare(type, condition.op, ordinal, condition.value);
  }
}

function compare(type: FieldType, op: Comparison, ordinal: number, operand: Value): Predicate {
  switch (op) {
    case "eq":
      if (typeof operand !== "object") return (record) => record[ordinal] === operand;
      return (record) => equalValues(type, record[ordinal], operand);
    case "ne":
      if (typeof operand !== "object") return (record) => record[ordinal] !== undefined && record[ordinal] !== operand;
      return (record) => record[ordinal] !== undefined && !equalValues(type, record[ordinal], operand);
    case "lt":
      return onValue(type, ordinal, operand, (compared) => compared < 0);
    case "lte":
      return onValue(type, ordinal, operand, (compared) => compared <= 0);
    case "gt":
      return onValue(type, ordinal, operand, (compared) => compared > 0);
    case "gte":
      return onValue(type, ordinal, operand, (compared) => compared >= 0);
  }
}

function onValue(type: FieldType, ordinal: number, operand: Value, holds: (compared: number) => boolean): Predicate {
  const comparator = comparatorOf(type);
  return (record) => {
    const value = record[ordinal];
    return value !== undefined && holds(comparator(value, operand));
  };
}

function onText(ordinal: number, holds: (text: string) => boolean): Predicate {
  return (record) => {
    const value = record[ordinal];
    return typeof value === "string" && holds(value);
  };
}

function memberOf(type: FieldType, ordinal: number, values: readonly Value[]): Predicate {
  const members = new Set(values.map((value) => identity(type, value)));
  return (record) => {
    const value = record[ordinal];
    return value !== undefined && members.has(identity(type, value));
  };
}

/** Elements of a list, or keys of a map. */
function onElements(type: FieldType, ordinal: number, wanted: readonly MapKey[], all: boolean): Predicate {
  if (type.kind === "map") {
    return (record) => {
      const value = record[ordinal];
      if (!isMap(value)) return false;
      return all ? wanted.every((key) => value.has(key)) : wanted.some((key) => value.has(key));
    };
  }
  return (record) => {
    const value = record[ordinal];
    if (!isList(value)) return false;
    return all ? wanted.every((element) => value.includes(element)) : wanted.some((element) => value.includes(element));
  };
}

function isEmpty(value: Value | undefined): boolean {
  if (value === undefined) return true;
  return isMap(value) ? value.size === 0 : isList(value) && value.length === 0;
}
