/** Which path serves queries of one shape: values decide where its ranges begin and end, and never which path it is. */

import type { EntityModel } from "../../model/entity.ts";
import type { Filter } from "../../model/filter.ts";
import type { Query } from "../../model/query.ts";
import type { AccessPath } from "./access-path.ts";
import type { OrderMatch } from "./match-order.ts";

/** A path that was chosen, and what holds of it for every query of the shape. */
export interface KnownPath extends OrderMatch {
  readonly path: AccessPath;
  readonly needsScan: boolean;
}

/** Shapes of one entity that are kept; callers ask few. */
const KEPT = 256;

/** For a store whose paths, and what they serve, stay as they are. */
export class KnownPaths {
  readonly #known = new WeakMap<EntityModel, Map<string, KnownPath>>();

  of(entity: EntityModel, shape: string): KnownPath | undefined {
    return this.#known.get(entity)?.get(shape);
  }

  keep(entity: EntityModel, shape: string, path: KnownPath): void {
    let shapes = this.#known.get(entity);
    if (!shapes) this.#known.set(entity, (shapes = new Map()));
    if (shapes.size >= KEPT) shapes.clear();
    shapes.set(shape, path);
  }
}

/** All of a query that a path is chosen by, as text. */
export function shapeOf({ where, order }: Pick<Query, "where" | "order">): string {
  let text = where ? filterShape(where) : "";
  for (const { ordinal, desc } of order) text += `${desc ? "-" : "+"}${ordinal}`;
  return text;
}

function filterShape(filter: Filter): string {
  switch (filter.kind) {
    case "group":
      return `${filter.op}(${filter.terms.map(filterShape).join()})`;
    case "not":
      return `not(${filterShape(filter.term)})`;
    case "const":
      return String(filter.value);
    case "condition":
      // Each of several values is a range of its own, of which there may be so many.
      if (filter.op === "in") return `in ${filter.ordinal} ${filter.values.length}`;
      return filter.op === "is_null" ? `is_null ${filter.ordinal} ${filter.value}` : `${filter.op} ${filter.ordinal}`;
  }
}
