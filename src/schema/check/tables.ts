/** No two entities in one table, outside of stores that hold all theirs in one. */

import type { DescMessage } from "@bufbuild/protobuf";
import type { Annotations } from "../annotations.ts";
import { storeOf, tableOf } from "../entity-model.ts";
import type { Report } from "./entity-under-check.ts";

/** What configuration says about entities and stores. */
export interface Routing {
  /** The store an entity goes to, given the one its annotations name. */
  storeOf(entity: string, annotated: string): string;
  /** Whether the store keeps all its entities in one table. */
  sharesTable(store: string): boolean;
}

/** As the annotations have it. */
export const unrouted: Routing = { storeOf: (_, annotated) => annotated, sharesTable: () => false };

export function checkTables(
  entities: readonly DescMessage[],
  annotations: Annotations,
  routing: Routing,
  report: Report,
): void {
  const placed = entities.flatMap((message) => placeOf(message, annotations, routing) ?? []);
  const owners = new Map<string, DescMessage>();
  for (const { message, store, table } of placed) {
    const owner = owners.get(keyOf(store, table));
    const what = `is in the table ${table} of the store ${store}, as ${owner?.typeName} is`;
    if (owner) report(message, what, "give one of them another `table`");
    else owners.set(keyOf(store, table), message);
  }
  for (const { message, store, table: own, earlier } of placed) {
    for (const table of earlier) {
      const owner = owners.get(keyOf(store, table));
      if (owner === message && table !== own) continue; // only the case of its letters changed
      const what = `was renamed from ${table}, the table of ${owner?.typeName}`;
      if (owner) report(message, what, "take it out of `renamed_from`");
    }
  }
}

interface Place {
  readonly message: DescMessage;
  readonly store: string;
  readonly table: string;
  readonly earlier: readonly string[];
}

/** Undefined where the store holds all its entities in one table. */
function placeOf(message: DescMessage, annotations: Annotations, routing: Routing): Place | undefined {
  const options = annotations.entity(message);
  if (!options) return undefined;
  const store = routing.storeOf(message.typeName, storeOf(message, options, annotations));
  if (routing.sharesTable(store)) return undefined;
  return { message, store, table: tableOf(message, options, annotations), earlier: options.renamedFrom };
}

/** SQL compares names without regard to case. */
function keyOf(store: string, table: string): string {
  return `${store}\0${table.toLowerCase()}`;
}
