/**
 * Collections: rows of several entities that lie in one partition of a store that keeps them in one table. A store that publishes
 * `entity_collections` and has no such table leaves the member out, and the repository merges what it reads of each entity.
 */

import type { EntityModel } from "../model/entity.ts";
import type { Consistency, Visibility } from "../model/query.ts";
import type { EntityRecord } from "../model/value.ts";

/** A position after an item; made and read by one adapter only. */
export type CollectionCursor = Uint8Array;

/** Of texts, by code point. A prefix and bounds exclude each other; nothing set is every text. */
export interface TextRange {
  readonly prefix?: string;
  readonly lower?: TextBound;
  readonly upper?: TextBound;
}

export interface TextBound {
  readonly text: string;
  readonly inclusive: boolean;
}

export interface CollectionQuery {
  /** Whose rows are wanted, by name; each can have rows in the partition. */
  readonly entities: readonly EntityModel[];
  /** Whether items that no entity of the store knows are wanted too. */
  readonly unknown: boolean;
  /** As in the annotations: `physical`, else the name. Absent is the key. The entities' indexes of that name have a template. */
  readonly index?: string;
  /** Text of the templates (`item-template.ts`). */
  readonly partition: string;
  readonly sort: TextRange;
  readonly reverse: boolean;
}

export interface CollectionWindow {
  readonly after?: CollectionCursor;
  /** Most items to deliver; at least 1. */
  readonly limit: number;
  /** The window ends once its rows have about this many bytes; a row is delivered whole. */
  readonly maxBytes: number;
  /** The window ends once it has looked at so many items, those included that are not delivered. */
  readonly maxExamined: number;
  /** Ordinals of what is needed of the rows of each entity of the query; undefined is all. */
  readonly fields: ReadonlyMap<EntityModel, readonly number[] | undefined>;
  readonly visible: Visibility;
  readonly consistency: Consistency | undefined;
}

/** An item, and whose row it is. */
export type CollectedItem = { readonly sortKey: string } & (
  | { readonly kind: "row"; readonly entity: EntityModel; readonly record: EntityRecord }
  /** No entity knows it. */
  | { readonly kind: "unknown"; readonly type: string; readonly content: { readonly [name: string]: unknown } }
  /** An entity's, and not as its fields are; the others go on. */
  | { readonly kind: "failed"; readonly entity: EntityModel; readonly error: unknown }
);

export interface Collected {
  /** In the order of their sort keys; equal ones (in an index alone) in a stable order of the store's own. */
  readonly items: readonly CollectedItem[];
  /** Continues after items[index]. */
  cursor(index: number): CollectionCursor;
  /** Continues after this window, which may have delivered nothing; absent when the partition is exhausted. */
  readonly next?: CollectionCursor;
}
