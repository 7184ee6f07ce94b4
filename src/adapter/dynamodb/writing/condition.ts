/**
 * Conditions in the database's own language, where they mean exactly what the evaluator makes of them. Between values of one type the
 * database compares as `model/compare.ts` does; what it says of absent attributes and of other types is told apart here.
 */

import { compileFilter } from "../../../model/evaluate.ts";
import type { FieldType } from "../../../model/field.ts";
import { collectOrdinals, type Condition, type Filter } from "../../../model/filter.ts";
import type { MutableRecord, Value } from "../../../model/value.ts";
import type { AttributeValue } from "../driver.ts";
import type { Places } from "./expressions.ts";
import type { Attribute, Table } from "../items/table.ts";

/** The letter by which the database knows a type of attributes. */
type Letter = "B" | "BOOL" | "L" | "N" | "S";

/** Operands of one expression; the database takes 300 operators, and 100 behind an IN. */
const MOST_OPERANDS = 100;

/**
 * An expression that holds of a row's item exactly where the filter holds of the row; undefined where the database cannot say so. Of an
 * item in which a field that is asked for is damaged it does not hold.
 */
export function conditionText(table: Table, filter: Filter, places: Places): string | undefined {
  if (operandsOf(filter) > MOST_OPERANDS) return undefined;
  const said = filterTerm(table, filter, places);
  if (!said) return undefined;
  const ordinals = new Set<number>();
  collectOrdinals(filter, ordinals);
  return joined("AND", [said, ...Array.from(ordinals, (ordinal) => soundTerm(table.attributes[ordinal], places))]).text;
}

/** The database refuses parentheses that say nothing. */
interface Term {
  readonly text: string;
  /** What holds it together; undefined where it is one test. */
  readonly by?: "AND" | "OR" | "NOT";
}

function joined(by: "AND" | "OR", terms: readonly Term[]): Term {
  const [only] = terms;
  if (only && terms.length === 1) return only;
  const within = terms.map((term) => ((term.by ?? by) === by || term.by === "NOT" ? term.text : `(${term.text})`));
  return { text: within.join(` ${by} `), by };
}

function negated({ text, by }: Term): Term {
  return { text: by === undefined ? `NOT ${text}` : `NOT (${text})`, by: "NOT" };
}

function filterTerm(table: Table, filter: Filter, places: Places): Term | undefined {
  switch (filter.kind) {
    case "group": {
      const terms = filter.terms.flatMap((term) => filterTerm(table, term, places) ?? []);
      if (terms.length === 0 || terms.length < filter.terms.length) return undefined;
      return joined(filter.op === "and" ? "AND" : "OR", terms);
    }
    case "not": {
      const term = filterTerm(table, filter.term, places);
      return term && negated(term);
    }
    case "const":
      return undefined;
    case "condition":
      return wholeTerm(table, filter, places);
  }
}

/** A missing attribute reads as the field's absent value, of which the condition may hold. */
function wholeTerm(table: Table, condition: Condition, places: Places): Term | undefined {
  const attribute = table.attributes[condition.ordinal];
  if (!attribute) return undefined;
  const stored = storedTerm(attribute, condition, places);
  if (!stored) return undefined;
  const name = places.name(attribute.name);
  const missing: MutableRecord = [];
  missing[condition.ordinal] = attribute.absent;
  return compileFilter(table.entity, condition)(missing)
    ? joined("OR", [{ text: `attribute_not_exists(${name})` }, stored])
    : joined("AND", [{ text: `attribute_exists(${name})` }, stored]);
}

const OPERATORS = { eq: "=", ne: "<>", lt: "<", lte: "<=", gt: ">", gte: ">=" } as const;

/** Of an attribute that is there, and of its field's type. */
function storedTerm({ name, field, encode }: Attribute, condition: Condition, places: Places): Term | undefined {
  const { type } = field;
  const letter = letterOf(type);
  const place = places.name(name);
  if (condition.op === "is_null") return { text: `attribute${condition.value ? "_not" : ""}_exists(${place})` };
  if (letter === undefined) return undefined;
  const operand = (value: Value): string | undefined => {
    const stored = encode(value);
    return stored && letter in stored && isExact(stored) ? places.value(stored) : undefined;
  };
  switch (condition.op) {
    case "eq":
    case "ne":
    case "lt":
    case "lte":
    case "gt":
    case "gte": {
      if (letter === "L" || (letter === "BOOL" && condition.op !== "eq" && condition.op !== "ne")) return undefined;
      const value = operand(condition.value);
      return value === undefined ? undefined : { text: `${place} ${OPERATORS[condition.op]} ${value}` };
    }
    case "in": {
      const values = letter === "L" ? [undefined] : condition.values.map(operand);
      return values.includes(undefined) ? undefined : { text: `${place} IN (${values.join(", ")})` };
    }
    case "starts_with":
      if (type.kind !== "string" || condition.value === "") return undefined;
      return { text: `begins_with(${place}, ${places.value({ S: condition.value })})` };
    case "contains":
      if (type.kind !== "string" || condition.value === "") return undefined;
      return { text: `contains(${place}, ${places.value({ S: condition.value })})` };
    case "has_any":
    case "has_all":
      return elementsTerm(type, condition, place, (element) => {
        const [stored] = encode([element])?.L ?? [];
        return stored && isExact(stored) ? places.value(stored) : undefined;
      });
    case "is_empty":
      if (letter !== "L") return undefined;
      return { text: `size(${place}) ${condition.value ? "=" : ">"} ${places.value({ N: "0" })}` };
  }
}

function elementsTerm(
  type: FieldType,
  { op, values }: Extract<Condition, { readonly op: "has_any" | "has_all" }>,
  place: string,
  operand: (element: Value) => string | undefined,
): Term | undefined {
  if (letterOf(type) !== "L" || values.length === 0) return undefined;
  const operands = values.map(operand);
  if (operands.includes(undefined)) return undefined;
  return joined(
    op === "has_any" ? "OR" : "AND",
    operands.map((value) => ({ text: `contains(${place}, ${value})` })),
  );
}

/** Missing, or of the type that its field is stored as: a comparison with another type is false, and its contrary true. */
function soundTerm(attribute: Attribute | undefined, places: Places): Term {
  if (!attribute) throw new TypeError("a condition on a field that the entity does not have");
  const place = places.name(attribute.name);
  const letter = places.value({ S: letterOf(attribute.field.type) ?? "S" });
  return joined("OR", [{ text: `attribute_not_exists(${place})` }, { text: `attribute_type(${place}, ${letter})` }]);
}

/** Undefined where values lie in a text that says nothing of their order. A number that is stored as a text is not met by conditions. */
function letterOf(type: FieldType): Letter | undefined {
  switch (type.kind) {
    case "bool":
      return "BOOL";
    case "int32":
    case "uint32":
    case "int64":
    case "uint64":
    case "float":
    case "double":
    case "enum":
    case "duration":
      return "N";
    case "decimal":
      return type.precision <= MOST_DIGITS ? "N" : undefined;
    case "string":
    case "timestamp":
      return "S";
    case "bytes":
      return "B";
    case "list":
      return type.element.kind === "message" ? undefined : "L";
    case "message":
    case "map":
      return undefined;
  }
}

/** Digits that the database's numbers have. */
const MOST_DIGITS = 38;

/** An operand may have more digits than its field. */
function isExact({ N }: AttributeValue): boolean {
  return N === undefined || N.replaceAll(/[^0-9]/gu, "").length <= MOST_DIGITS;
}

function operandsOf(filter: Filter): number {
  switch (filter.kind) {
    case "group":
      return filter.terms.reduce((sum, term) => sum + operandsOf(term), 0);
    case "not":
      return operandsOf(filter.term);
    case "const":
      return 1;
    case "condition":
      return "values" in filter ? filter.values.length : 1;
  }
}
