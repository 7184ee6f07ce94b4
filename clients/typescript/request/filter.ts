/** `where` to the Filter of an entity: a predicate for each field, at the field's number + 10. */

import { codecOf, FieldError, within } from "../codec/message-codec.ts";
import { elementScalar, scalarOf, type Scalar } from "../codec/scalar.ts";
import type { Writer } from "../codec/writer.ts";
import type { EntityTable, FieldTable, ScalarKind } from "../schema/tables.ts";
import { Duration } from "../value/duration.ts";
import { Timestamp } from "../value/timestamp.ts";
import { ValueError } from "../value/value-error.ts";

const shift = 10;
const groups = new Map([
  ["all", 1],
  ["any", 2],
  ["none", 3],
]);
const comparisons: { readonly [operator: string]: number } = { eq: 1, ne: 2, lt: 3, lte: 4, gt: 5, gte: 6 };
const texts: { readonly [operator: string]: number } = { startsWith: 8, contains: 9 };
const memberships: { readonly [operator: string]: number } = { has: 1, hasAny: 2, hasAll: 3 };

/** Without a length. @throws FieldError */
export function writeFilter(writer: Writer, entity: EntityTable, where: unknown): void {
  if (typeof where !== "object" || where === null || Array.isArray(where))
    throw new ValueError("FIELD_INVALID", "is a condition: write an object");
  const { fields } = codecOf(entity);
  for (const [name, condition] of Object.entries(where)) {
    if (condition === undefined)
      throw new FieldError(name, "EMPTY_PREDICATE", "is undefined, which would ask for every row: leave it out");
    const group = groups.get(name);
    if (group !== undefined) writeGroup(writer, entity, { name, group, condition });
    else {
      const field = fields.get(name)?.table;
      if (!field) throw new FieldError(name, "FIELD_UNKNOWN", `is no field of ${entity.name}`);
      within(name, () => writeField(writer, field, condition));
    }
  }
}

interface Group {
  readonly name: string;
  readonly group: number;
  readonly condition: unknown;
}

function writeGroup(writer: Writer, entity: EntityTable, { name, group, condition }: Group): void {
  if (!Array.isArray(condition)) throw new FieldError(name, "FIELD_INVALID", "is a list of conditions");
  if (condition.length === 0 && name === "any")
    throw new FieldError(name, "EMPTY_PREDICATE", "is empty: no row fulfils one of no conditions; leave the query out");
  for (const [i, member] of condition.entries()) {
    writer.tag(group, 2);
    const start = writer.begin();
    within(`${name}[${i}]`, () => writeFilter(writer, entity, member));
    writer.end(start);
  }
}

function writeField(writer: Writer, field: FieldTable, condition: unknown): void {
  writer.tag(field.number + shift, 2);
  const start = writer.begin();
  if (isValue(condition)) {
    if (field.list || field.map !== undefined)
      throw new ValueError("FIELD_INVALID", "is a list or map: write { has }, { hasAny }, { hasAll } or { isEmpty }");
    writeOperand(writer, field, 1, condition);
  } else writePredicate(writer, field, condition);
  writer.end(start);
}

/** Whether it is a bare value, which means eq. */
export function isValue(condition: unknown): boolean {
  if (typeof condition !== "object") return true;
  return condition === null || condition instanceof Timestamp || condition instanceof Duration || condition instanceof Date || condition instanceof Uint8Array; // prettier-ignore
}

function writePredicate(writer: Writer, field: FieldTable, condition: unknown): void {
  const entries = Object.entries(condition ?? {});
  if (entries.length === 0) throw new ValueError("EMPTY_PREDICATE", "has a condition with nothing set: leave it out");
  const isMany = field.list === true || field.map !== undefined;
  for (const [operator, operand] of entries) {
    if (operand === undefined)
      throw new FieldError(operator, "EMPTY_PREDICATE", "is undefined: leave it out, or ask for isNull");
    within(operator, () => {
      if (isMany) writeMembership(writer, field, operator, operand);
      else writeComparison(writer, field, operator, operand);
    });
  }
}

function writeComparison(writer: Writer, field: FieldTable, operator: string, operand: unknown): void {
  if (operator === "isNull") return writeFlag(writer, 10, operand);
  const number = comparisons[operator] ?? texts[operator];
  if (operator === "oneOf") return writeMany(operand, (value) => writeOperand(writer, field, 7, value));
  if (number === undefined) throw new ValueError("FIELD_UNKNOWN", "is no operator");
  writeOperand(writer, field, number, operand);
}

function writeMembership(writer: Writer, field: FieldTable, operator: string, operand: unknown): void {
  if (operator === "isEmpty") return writeFlag(writer, 4, operand);
  const number = memberships[operator];
  if (number === undefined) throw new ValueError("FIELD_UNKNOWN", "is no operator of lists");
  if (operator === "has") return writeElement(writer, field, number, operand);
  writeMany(operand, (value) => writeElement(writer, field, number, value));
}

function writeMany(operand: unknown, write: (value: unknown) => void): void {
  if (!Array.isArray(operand)) throw new ValueError("FIELD_INVALID", "is a list of values");
  if (operand.length === 0) throw new ValueError("EMPTY_PREDICATE", "is empty: no value is one of none");
  for (const value of operand) write(value);
}

function writeFlag(writer: Writer, number: number, flag: unknown): void {
  if (typeof flag !== "boolean") throw new ValueError("FIELD_INVALID", "is true or false");
  writer.tag(number, 0);
  writer.varint(flag ? 1 : 0);
}

/** Predicates have one type for all integers with a sign, and one for those without. */
const shared: { readonly [kind: string]: ScalarKind } = {
  int32: "int64",
  sint32: "int64",
  sfixed32: "int64",
  sint64: "int64",
  sfixed64: "int64",
  uint32: "uint64",
  fixed32: "uint64",
  fixed64: "uint64",
  float: "double",
};

function writeOperand(writer: Writer, field: FieldTable, number: number, value: unknown): void {
  const own = elementScalar(field);
  if (!own || field.kind === "struct" || field.kind === "value" || field.kind === "listValue")
    throw new ValueError("FIELD_INVALID", "can only be asked whether it isNull");
  write(writer, number, operandScalar(field.kind, own), widened(field.kind, value));
}

function writeElement(writer: Writer, field: FieldTable, number: number, value: unknown): void {
  if (field.map !== undefined)
    return write(writer, number, operandScalar(field.map, scalarOf(field.map)), widened(field.map, value));
  writeOperand(writer, field, number, value);
}

function operandScalar(kind: string, own: Scalar): Scalar {
  const wide = shared[kind];
  return wide === undefined ? own : scalarOf(wide);
}

/** An int32 is a number here, and an int64 in its predicate. */
function widened(kind: string, value: unknown): unknown {
  const is32 = kind.endsWith("32");
  if (!is32) return value;
  if (typeof value !== "number" || !Number.isInteger(value))
    throw new ValueError("FIELD_INVALID", `is a whole number; a ${typeof value} is none`);
  return BigInt(value);
}

function write(writer: Writer, number: number, scalar: Scalar, value: unknown): void {
  writer.tag(number, scalar.wireType);
  scalar.write(writer, value);
}
