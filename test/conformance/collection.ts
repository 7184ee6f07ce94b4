/** A Query of a collection as a clause uses it: entities by name, every other part of the request optional, plain answers out. */

import type { CollectionRequest, SortKeyCondition } from "../../src/repository/operation.ts";
import { plain, sparse, type Plain } from "./plain.ts";
import { testCall } from "./rows.ts";
import type { Subject } from "./subject.ts";

export interface Asked extends Partial<Omit<CollectionRequest, "entities" | "partition" | "sortKey">> {
  /** As in test/entities. */
  readonly entities: readonly string[];
  /** As its text, or by an entity. */
  readonly partition: string | { readonly entity: string; readonly row: Plain };
  readonly sortKey?: SortKeyCondition;
}

export interface Collected {
  /** Without its package. */
  readonly entity: string;
  readonly sortKey: string;
  readonly row: Plain;
}

export interface CollectedPage {
  readonly items: readonly Collected[];
  readonly next: string;
  readonly partition: string;
}

export async function queried(subject: Subject, asked: Asked): Promise<CollectedPage> {
  const { partition, sortKey, entities, ...rest } = asked;
  const entityOf = (name: string) => subject.rows(name).entity;
  const page = await subject.collections.query(
    {
      isOpen: false,
      index: "",
      descending: false,
      pageSize: 0,
      pageToken: "",
      showDeleted: false,
      consistency: undefined,
      readMask: undefined,
      ...rest,
      entities: entities.map(entityOf),
      sortKey,
      partition:
        typeof partition === "string"
          ? { kind: "text", text: partition }
          : {
              kind: "entity",
              entity: entityOf(partition.entity),
              record: sparse(entityOf(partition.entity).message, partition.row),
            },
    },
    testCall(),
  );
  const items = page.items.map((item): Collected => {
    if (item.kind !== "entity") throw new TypeError(`an item came as ${item.kind}`);
    const { entity, record, sortKey: text } = item;
    return { entity: entity.name.replace(/^.*\./u, ""), sortKey: text, row: plain(entity.message, record) };
  });
  return { items, next: page.nextPageToken, partition: page.partition };
}

/** More than any clause needs; a walk over pages that goes in circles ends here. */
const MOST_PAGES = 200;

/** All pages, in order. */
export async function collected(subject: Subject, asked: Asked): Promise<readonly Collected[]> {
  const items: Collected[] = [];
  let pageToken = "";
  let pages = 0;
  do {
    if (pages++ > MOST_PAGES) throw new Error(`a collection came to no end after ${MOST_PAGES} pages`);
    const page = await queried(subject, { ...asked, pageToken });
    items.push(...page.items);
    pageToken = page.next;
  } while (pageToken !== "");
  return items;
}

/** As `Task:TASK#0000…7`. */
export function textsOf(items: readonly Collected[]): readonly string[] {
  return items.map(({ entity, sortKey }) => `${entity}:${sortKey}`);
}
