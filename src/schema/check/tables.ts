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
  const owners = new Map<string, DescMessage>();
  for (const message of entities) {
    const options = annotations.entity(message);
    if (!options) continue;
    const store = routing.storeOf(message.typeName, storeOf(message, options, annotations));
    if (routing.sharesTable(store)) continue;
    const table = tableOf(message, options, annotations);
    // SQL compares names without regard to case.
    const key = `${store}\0${table.toLowerCase()}`;
    const owner = owners.get(key);
    if (owner)
      report(
        message,
        `is in the table ${table} of the store ${store}, as ${owner.typeName} is`,
        "give one of them another `table`",
      );
    owners.set(key, message);
  }
}
