/** `order_by`: fields with an optional " desc", separated by commas. */

import type { OrderTerm } from "../../model/entity.ts";
import { Fault } from "../../model/fault.ts";
import type { Field } from "../../model/field.ts";
import type { EntityLayout } from "../entity-layout.ts";

/** Empty text is no order. */
export function parseOrderBy(layout: EntityLayout, text: string): readonly OrderTerm[] {
  if (text.trim() === "") return [];
  const seen = new Set<number>();
  return text.split(",").map((part) => {
    const term = parseTerm(layout, part);
    if (seen.has(term.ordinal)) throw invalid("a field is named twice; name each once");
    seen.add(term.ordinal);
    return term;
  });
}

function parseTerm(layout: EntityLayout, part: string): OrderTerm {
  const [name = "", direction, ...rest] = part.trim().split(/\s+/);
  const lower = direction?.toLowerCase();
  if (name === "" || rest.length > 0 || (lower !== undefined && lower !== "asc" && lower !== "desc"))
    throw invalid('each term is a field, optionally followed by " desc"; for example "created_at desc, id"');
  const field = layout.byName.get(name);
  if (!field) throw invalid(`a term names no stored field of ${layout.entity.name}`);
  if (!isOrdered(field)) throw invalid(`"${field.name}" has no order; name a field that holds one comparable value`);
  return { ordinal: field.ordinal, desc: lower === "desc" };
}

function isOrdered(field: Field): boolean {
  return field.type.kind !== "list" && field.type.kind !== "map" && field.type.kind !== "message";
}

function invalid(message: string): Fault {
  return new Fault("ORDER_INVALID", `order_by: ${message}`, { field: "order_by" });
}
