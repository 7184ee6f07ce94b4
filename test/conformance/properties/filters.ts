/** Filters over an entity as property tests draw them: every condition the API has for a field, in groups of groups. */

import fc from "fast-check";
import type { EntityModel } from "../../../src/model/entity.ts";
import type { Field, FieldType, TypeKind } from "../../../src/model/field.ts";
import type { Comparison, Condition, Filter } from "../../../src/model/filter.ts";
import type { MapKey } from "../../../src/model/value.ts";
import { textOf } from "../plain.ts";
import { valueOf } from "./values.ts";

const EQUALITY: readonly Comparison[] = ["eq", "ne"];
const kind = fc.constant("condition" as const);
const UNORDERED: ReadonlySet<TypeKind> = new Set(["bytes", "bool", "enum"]);
const ORDER: readonly Comparison[] = ["eq", "ne", "lt", "lte", "gt", "gte"];

/** What lists and map keys can be asked for. */
const HELD: ReadonlySet<TypeKind> = new Set(["string", "int32", "uint32", "int64", "uint64", "enum"]);

/** `depth` is how deep groups stand in groups. */
export function filterOf(entity: EntityModel, depth = 3): fc.Arbitrary<Filter> {
  const condition = fc.constantFrom(...entity.fields).chain((field) => fc.oneof(...conditionsOf(field)));
  const grow = (below: fc.Arbitrary<Filter>): fc.Arbitrary<Filter> => {
    const terms = fc.array(below, { minLength: 1, maxLength: 3 });
    return fc.oneof(
      { arbitrary: condition, weight: 4 },
      {
        arbitrary: fc.record({
          kind: fc.constant("group" as const),
          op: fc.constantFrom("and" as const, "or" as const),
          terms,
        }),
        weight: 2,
      },
      { arbitrary: below.map((term): Filter => ({ kind: "not", term })), weight: 1 },
    );
  };
  let filter: fc.Arbitrary<Filter> = condition;
  for (let i = 0; i < depth; i++) filter = grow(filter);
  return filter;
}

function conditionsOf({ ordinal, type, presence }: Field): readonly fc.Arbitrary<Condition>[] {
  const isNull = presence
    ? [fc.boolean().map((value): Condition => ({ kind: "condition", op: "is_null", ordinal, value }))]
    : [];
  if (type.kind === "message") return isNull;
  if (type.kind === "list" || type.kind === "map") return collectionConditions(ordinal, type);
  const value = valueOf(type);
  const op = fc.constantFrom(...(UNORDERED.has(type.kind) ? EQUALITY : ORDER));
  const compared = fc.record({ kind, op, ordinal: fc.constant(ordinal), value });
  const values = fc.uniqueArray(value, { minLength: 1, maxLength: 4, selector: asKey });
  const member = values.map((list): Condition => ({ kind: "condition", op: "in", ordinal, values: list }));
  return type.kind === "string"
    ? [...isNull, compared, member, partOf(ordinal, value.map(textOf))]
    : [...isNull, compared, member];
}

function collectionConditions(
  ordinal: number,
  type: Extract<FieldType, { readonly kind: "list" | "map" }>,
): readonly fc.Arbitrary<Condition>[] {
  const isEmpty = fc.boolean().map((value): Condition => ({ kind: "condition", op: "is_empty", ordinal, value }));
  const element = type.kind === "map" ? type.key : type.element;
  if (!HELD.has(element.kind)) return [isEmpty];
  const values = fc.array(valueOf(element).map(asKey), { minLength: 1, maxLength: 3 });
  const op = fc.constantFrom("has_any" as const, "has_all" as const);
  return [isEmpty, fc.record({ kind, op, ordinal: fc.constant(ordinal), values })];
}

function partOf(ordinal: number, value: fc.Arbitrary<string>): fc.Arbitrary<Condition> {
  const op = fc.constantFrom("starts_with" as const, "contains" as const);
  return fc.record({ kind, op, ordinal: fc.constant(ordinal), value });
}

function asKey(value: unknown): MapKey {
  return value instanceof Uint8Array ? value.join() : (value as MapKey);
}
