/** What a `where` means for one object: as the sidecar has it, two-valued, and false on an absent value but for `isNull`. */

import { codecOf } from "../codec/message-codec.ts";
import { Writer } from "../codec/writer.ts";
import { isValue, writeFilter } from "../request/filter.ts";
import type { EntityTable, FieldTable } from "../schema/tables.ts";
import { comparatorOf, isAbsent, type Comparator } from "./compare.ts";

export type Test = (entity: object) => boolean;

/** @throws FieldError for what the sidecar would refuse */
export function compileWhere(entity: EntityTable, where: object): Test {
  writeFilter(new Writer(), entity, where); // finds what is wrong
  return groupOf(entity, where);
}

function groupOf(entity: EntityTable, where: object): Test {
  return every(Object.entries(where).map(([name, condition]: [string, unknown]) => termOf(entity, name, condition)));
}

function termOf(entity: EntityTable, name: string, condition: unknown): Test {
  const isGroup = name === "all" || name === "any" || name === "none";
  if (isGroup && Array.isArray(condition)) {
    const terms = condition.map((member: object) => groupOf(entity, member));
    if (name === "all") return every(terms);
    return (value) => terms.some((term) => term(value)) === (name === "any");
  }
  const field = codecOf(entity).fields.get(name);
  if (!field) throw new TypeError(`${name} is no field of ${entity.name}`);
  const test = conditionTest(field.table, condition);
  const { zero } = field;
  return (value) => {
    const found: unknown = Reflect.get(value, name) ?? zero;
    return test(isAbsent(field.table, found) ? undefined : found);
  };
}

function every(tests: readonly Test[]): Test {
  return (value) => tests.every((test) => test(value));
}

type ValueTest = (value: unknown) => boolean;

function conditionTest(field: FieldTable, condition: unknown): ValueTest {
  const compare = comparatorOf(field);
  if (isValue(condition)) return present((value) => compare(value, condition) === 0);
  const tests = Object.entries(condition ?? {}).map(([operator, operand]: [string, unknown]) =>
    operatorTest(field, compare, operator, operand),
  );
  return (value) => tests.every((test) => test(value));
}

function operatorTest(field: FieldTable, compare: Comparator, operator: string, operand: unknown): ValueTest {
  const operands: readonly unknown[] = Array.isArray(operand) ? operand : [operand];
  const has = (value: unknown, wanted: unknown): boolean =>
    elementsOf(field, value).some((own) => compare(own, wanted) === 0);
  switch (operator) {
    case "isNull":
      return (value) => (value === undefined) === operand;
    case "isEmpty":
      return (value) => (elementsOf(field, value).length === 0) === operand;
    case "oneOf":
      return present((value) => operands.some((one) => compare(value, one) === 0));
    case "startsWith":
      return present((value) => String(value).startsWith(String(operand)));
    case "contains":
      return present((value) => String(value).includes(String(operand)));
    case "has":
    case "hasAny":
      return (value) => operands.some((one) => has(value, one));
    case "hasAll":
      return (value) => operands.every((one) => has(value, one));
    default:
      return present(comparison(operator, (value) => compare(value, operand)));
  }
}

function comparison(operator: string, compare: (value: unknown) => number): ValueTest {
  switch (operator) {
    case "eq":
      return (value) => compare(value) === 0;
    case "ne":
      return (value) => compare(value) !== 0;
    case "lt":
      return (value) => compare(value) < 0;
    case "lte":
      return (value) => compare(value) <= 0;
    case "gt":
      return (value) => compare(value) > 0;
    case "gte":
      return (value) => compare(value) >= 0;
    default:
      throw new TypeError(`${operator} is no operator`);
  }
}

function present(test: ValueTest): ValueTest {
  return (value) => value !== undefined && test(value);
}

/** Elements of a list, or keys of a map as text. */
function elementsOf(field: FieldTable, value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return field.map !== undefined && typeof value === "object" && value !== null ? Object.keys(value) : [];
}
