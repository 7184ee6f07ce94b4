/** Which predicate message a field has in the Filter: the shared ones of pannier/v1/predicate.proto, and those made for enums and messages. */

import type { ElementType, EnumType, MapKeyType, MessageField, MessageType, ScalarType } from "../../model/field.ts";

/** Field numbers inside predicates. */
export const OPERATOR = {
  eq: 1, ne: 2, lt: 3, lte: 4, gt: 5, gte: 6, one_of: 7, starts_with: 8, contains: 9, is_null: 10,
} as const; // prettier-ignore

/** Field numbers inside list predicates. */
export const LIST_OPERATOR = { has: 1, has_any: 2, has_all: 3, is_empty: 4 } as const;

/** What a predicate can ask, and of which type its operands are on the wire. */
export interface PredicateMessage {
  readonly form: "value" | "elements";
  readonly message: MessageType;
}

/** `filter` is the full name of the Filter, which nested predicates are named by. */
export function predicateMessage(field: MessageField, filter: string): PredicateMessage {
  const { type } = field;
  if (type.kind === "list") return elements(field.wire.wrapper ? undefined : listOperand(type.element), field, filter);
  if (type.kind === "map") return elements(mapOperand(type.key), field, filter);
  const operand = type.kind === "message" ? undefined : scalarOperand(type);
  const name = operand?.name ?? `${filter}.${nested(field.name)}Predicate`;
  return { form: "value", message: message(name, operand ? valueFields(operand) : [IS_NULL]) };
}

interface Operand {
  readonly type: ScalarType;
  /** Of the shared predicate; undefined for enums, which have one of their own. */
  readonly name: string | undefined;
  readonly operators: readonly (keyof typeof OPERATOR)[];
}

const EQUALITY = ["eq", "ne"] as const;
const IDENTITY = ["eq", "ne", "one_of"] as const;
const ORDER = ["eq", "ne", "lt", "lte", "gt", "gte", "one_of"] as const;

function scalarOperand(type: ScalarType): Operand {
  switch (type.kind) {
    case "string":
      return { ...shared("String", { kind: "string" }), operators: [...ORDER, "starts_with", "contains"] };
    case "bytes":
      return { ...shared("Bytes", type), operators: IDENTITY };
    case "bool":
      return { ...shared("Bool", type), operators: EQUALITY };
    case "int32":
    case "int64":
      return shared("Int64", { kind: "int64" });
    case "uint32":
    case "uint64":
      return shared("Uint64", { kind: "uint64" });
    case "float":
    case "double":
      return shared("Double", { kind: "double" });
    case "decimal":
      return shared("Decimal", { kind: "string" });
    case "timestamp":
      return shared("Timestamp", type);
    case "duration":
      return shared("Duration", type);
    case "enum":
      return { type, name: undefined, operators: IDENTITY };
  }
}

function shared(name: string, type: ScalarType): Operand {
  return { type, name: `pannier.v1.${name}Predicate`, operators: ORDER };
}

function valueFields(operand: Operand): MessageField[] {
  const fields = operand.operators.map((name) => {
    const type = operand.type;
    return name === "one_of" ? listField(name, OPERATOR[name], type) : singularField(name, OPERATOR[name], type);
  });
  return [...fields, IS_NULL];
}

/** Undefined where elements cannot be searched. */
function listOperand(type: ElementType): ScalarType | undefined {
  switch (type.kind) {
    case "string":
    case "enum":
      return type;
    case "int32":
    case "int64":
      return { kind: "int64" };
    case "uint32":
    case "uint64":
      return { kind: "uint64" };
    case "bool":
    case "bytes":
    case "float":
    case "double":
    case "decimal":
    case "timestamp":
    case "duration":
    case "message":
      return undefined;
  }
}

function mapOperand(type: MapKeyType): ScalarType | undefined {
  return type.kind === "bool" ? undefined : listOperand(type);
}

function elements(operand: ScalarType | undefined, field: MessageField, filter: string): PredicateMessage {
  const isEmpty = singularField("is_empty", LIST_OPERATOR.is_empty, { kind: "bool" });
  if (!operand) return { form: "elements", message: message("pannier.v1.ListPredicate", [isEmpty]) };
  const fields = [
    singularField("has", LIST_OPERATOR.has, operand),
    listField("has_any", LIST_OPERATOR.has_any, operand),
    listField("has_all", LIST_OPERATOR.has_all, operand),
    isEmpty,
  ];
  return { form: "elements", message: message(listName(operand, field, filter), fields) };
}

function listName(
  operand: ScalarType | { readonly kind: "enum"; readonly enum: EnumType },
  field: MessageField,
  filter: string,
): string {
  if (operand.kind === "enum") return `${filter}.${nested(field.name)}ListPredicate`;
  const shared = operand.kind === "string" ? "String" : operand.kind === "int64" ? "Int64" : "Uint64";
  return `pannier.v1.${shared}ListPredicate`;
}

/** `line_items` → `LineItems`, as synthesis names nested predicates. */
function nested(name: string): string {
  return name
    .split("_")
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join("");
}

/** Ordinals are positions here, so that a decoded predicate is read by position. */
function message(name: string, fields: readonly MessageField[]): MessageType {
  return { name, fields: fields.map((field, ordinal) => ({ ...field, ordinal })), ignored: [] };
}

function singularField(name: string, number: number, type: ScalarType): MessageField {
  const wire = { encoding: encodingOf(type), packed: false, wrapper: false } as const;
  return { name, number, ordinal: 0, type, presence: true, wire };
}

function listField(name: string, number: number, type: ScalarType): MessageField {
  const wire = { encoding: encodingOf(type), packed: true, wrapper: false } as const;
  return { name, number, ordinal: 0, type: { kind: "list", element: type, set: false }, presence: false, wire };
}

function encodingOf(type: ScalarType): "fixed" | "varint" {
  return type.kind === "double" ? "fixed" : "varint";
}

const IS_NULL: MessageField = singularField("is_null", OPERATOR.is_null, { kind: "bool" });
