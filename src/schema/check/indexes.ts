/** Indexes and the default order: fields that sort, names and contents that differ. */

import type { DescField } from "@bufbuild/protobuf";
import { declaredIndexes, type DeclaredIndex } from "../entity-model.ts";
import { parseOrder } from "../order-term.ts";
import { isSingular, valueKind } from "../well-known.ts";
import { lookUp, type EntityUnderCheck } from "./entity-under-check.ts";

export function checkIndexes(entity: EntityUnderCheck): void {
  const { message, options, annotations } = entity;
  const indexes = declaredIndexes(message, options, annotations);
  for (const index of indexes) checkIndex(entity, index);
  checkDistinct(entity, indexes);
}

export function checkDefaultOrder(entity: EntityUnderCheck): void {
  const fields = lookUp(entity, parseOrder(entity.options.defaultOrderBy), "default_order_by");
  for (const field of fields) refuseUnsorted(entity, field, "default_order_by names it");
}

function checkIndex(entity: EntityUnderCheck, index: DeclaredIndex): void {
  const where = index.shorthand ? "its index" : `the index ${index.name || "without fields"}`;
  if (index.terms.length === 0) entity.report(entity.message, "an index has no fields", "name its fields");
  for (const field of lookUp(entity, index.terms, where)) refuseUnsorted(entity, field, `${where} holds it`);
}

function refuseUnsorted(entity: EntityUnderCheck, field: DescField, because: string): void {
  const wrong = isSingular(field)
    ? valueKind(field) === "message"
      ? "a message"
      : undefined
    : field.fieldKind === "map"
      ? "a map"
      : "repeated";
  if (wrong) entity.report(field, `${because}, and it is ${wrong}`, "name a field of one comparable value");
}

/** SQL compares names without regard to case, so two that differ in it alone are one. */
function checkDistinct(entity: EntityUnderCheck, indexes: readonly DeclaredIndex[]): void {
  const names = new Set<string>();
  const contents = new Map<string, string>();
  for (const index of indexes) {
    const at = index.shorthand ?? entity.message;
    const name = index.name.toLowerCase();
    const content = index.terms.map((term) => `${term?.name} ${term?.desc}`).join();
    const same = contents.get(content);
    if (same !== undefined)
      entity.report(at, `the indexes ${same} and ${index.name} hold the same fields`, "keep one of them");
    else if (names.has(name))
      entity.report(at, `two indexes are called ${index.name}`, "give one of them a `name` of its own");
    names.add(name);
    contents.set(content, index.name);
  }
}
