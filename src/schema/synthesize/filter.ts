/** The Filter message of an entity: a predicate for each of its fields, at the field's number + 10. */

import { ScalarType, type DescField, type DescMessage } from "@bufbuild/protobuf";
import type { Annotations } from "../annotations.ts";
import { capitalised } from "../naming.ts";
import { scalarKind, valueKind, type ScalarKind } from "../well-known.ts";
import { bool, enumeration, message as messageField, type DraftField, type DraftMessage } from "./draft.ts";

/** How far numbers of an entity's fields are shifted in its Filter. */
export const SHIFT = 10;

/** Largest number protobuf allows for a field. */
export const LARGEST = 536_870_911;

/** Names the Filter needs for itself. */
export const GROUPS: readonly string[] = ["all", "any", "none"];

/** Predicate of one field: a shared type, or a nested one made for it. */
type Predicate = { readonly shared: string } | { readonly nested: DraftMessage };

export interface FilterOptions {
  /** Whether reserved names are identifiers, as editions have them. */
  readonly identifiers: boolean;
}

export function draftFilter(
  entity: DescMessage,
  base: string,
  annotations: Annotations,
  options: FilterOptions,
): DraftMessage {
  const name = `${base}Filter`;
  const scope = entity.file.proto.package;
  const full = scope === "" ? name : `${scope}.${name}`;
  const fields: DraftField[] = GROUPS.map((group, i) => messageField(full, group, i + 1, { repeated: true }));
  const nested: DraftMessage[] = [];
  for (const field of entity.fields) {
    const options = annotations.field(field);
    if (options.ignore) continue;
    const predicate = predicateOf(field, options.decimal !== undefined);
    if ("nested" in predicate) nested.push(predicate.nested);
    const type = "nested" in predicate ? `${full}.${predicate.nested.name}` : `pannier.v1.${predicate.shared}`;
    fields.push(messageField(type, field.name, field.number + SHIFT));
  }
  return { name, fields, nested, comment: "All that is set must hold.", ...reserved(entity, options) };
}

/** Name of the predicate that a field gets of its own; undefined where it uses a shared one. */
export function nestedPredicateName(field: DescField): string | undefined {
  const predicate = predicateOf(field, false);
  return "nested" in predicate ? predicate.nested.name : undefined;
}

function predicateOf(field: DescField, decimal: boolean): Predicate {
  switch (field.fieldKind) {
    case "list":
      return listPredicate(field);
    case "map":
      return { shared: KEYS[scalarKind(field.mapKey)] };
    case "enum":
      return { nested: enumPredicate(field.name, field.enum.typeName) };
    case "message":
      return messagePredicate(field);
    case "scalar":
      return { shared: decimal ? "DecimalPredicate" : SCALARS[scalarKind(field.scalar)] };
  }
}

const SCALARS: { readonly [kind in ScalarKind]: string } = {
  int32: "Int64Predicate",
  int64: "Int64Predicate",
  uint32: "Uint64Predicate",
  uint64: "Uint64Predicate",
  float: "DoublePredicate",
  double: "DoublePredicate",
  bool: "BoolPredicate",
  string: "StringPredicate",
  bytes: "BytesPredicate",
};

/** Elements of a list, and keys of a map, that can be searched have a predicate; the others only emptiness. */
const KEYS: { readonly [kind in ScalarKind]: string } = {
  int32: "Int64ListPredicate",
  int64: "Int64ListPredicate",
  uint32: "Uint64ListPredicate",
  uint64: "Uint64ListPredicate",
  float: "ListPredicate",
  double: "ListPredicate",
  bool: "ListPredicate",
  string: "StringListPredicate",
  bytes: "ListPredicate",
};

function messagePredicate(field: DescField): Predicate {
  const kind = valueKind(field);
  if (kind === "timestamp") return { shared: "TimestampPredicate" };
  if (kind === "duration") return { shared: "DurationPredicate" };
  if (kind !== "message" && kind !== "enum") return { shared: SCALARS[kind] };
  return { nested: { name: `${capitalised(field.name)}Predicate`, fields: [isNull()] } };
}

function listPredicate(field: DescField): Predicate {
  const name = `${capitalised(field.name)}ListPredicate`;
  if (field.enum) {
    const type = field.enum.typeName;
    const has = [
      enumeration(type, "has", 1, { optional: true }),
      enumeration(type, "has_any", 2, { repeated: true }),
      enumeration(type, "has_all", 3, { repeated: true }),
    ];
    return { nested: { name, fields: [...has, isEmpty()] } };
  }
  if (field.message) {
    const comment = "One of these for every repeated message; sub-fields may follow at their number + 10.";
    return { nested: { name, fields: [isEmpty()], comment } };
  }
  return { shared: KEYS[scalarKind(field.scalar ?? ScalarType.BYTES)] };
}

function enumPredicate(field: string, type: string): DraftMessage {
  const fields = [
    enumeration(type, "eq", 1, { optional: true }),
    enumeration(type, "ne", 2, { optional: true }),
    enumeration(type, "one_of", 7, { repeated: true }),
    isNull(),
  ];
  return { name: `${capitalised(field)}Predicate`, fields, comment: "One of these for every enum field." };
}

function isNull(): DraftField {
  return bool("is_null", 10, { optional: true });
}

function isEmpty(): DraftField {
  return bool("is_empty", 4, { optional: true });
}

function reserved(
  entity: DescMessage,
  { identifiers }: FilterOptions,
): Pick<DraftMessage, "reservedRanges" | "reservedNames"> {
  const ranges = entity.proto.reservedRange
    .map(({ start, end }) => ({ start: start + SHIFT, end: Math.min(end + SHIFT, LARGEST + 1) }))
    .filter(({ start }) => start <= LARGEST);
  const names = entity.proto.reservedName.filter(
    (name) => !GROUPS.includes(name) && (!identifiers || IDENTIFIER.test(name)),
  );
  return { reservedRanges: ranges, reservedNames: names };
}

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;
