/** One entity, as everything above and below the schema sees it. Made once at load, never changed. */

import type { Field, MessageType } from "./field.ts";

export interface EntityModel {
  /** Full message name, for example `shop.v1.Order`. */
  readonly name: string;
  /** Full name of its repository service, for example `shop.v1.OrderRepository`. */
  readonly service: string;
  /** Logical store the annotations name; configuration maps it to a connection. */
  readonly store: string;
  readonly table: string;
  /** Earlier table names, oldest first. */
  readonly renamedFrom: readonly string[];
  /** Stored fields by ordinal (order of field numbers); `message.fields` is the same array. */
  readonly fields: readonly Field[];
  readonly message: MessageType;
  /** Partition fields, then sort fields. */
  readonly key: readonly KeyPart[];
  /** Declared indexes, message level first, then field shorthands; names are unique. */
  readonly indexes: readonly IndexModel[];
  readonly managed: ManagedFields;
  /** Applies where it is served and the request has no order of its own. */
  readonly defaultOrder: readonly OrderTerm[];
  /** Key templates for single-table and key-value stores. */
  readonly item?: ItemTemplate;
}

/** A field in an order, key or index. */
export interface OrderTerm {
  readonly ordinal: number;
  readonly desc: boolean;
}

export interface KeyPart extends OrderTerm {
  /** Whether it chooses the partition (true) or orders rows within it. */
  readonly partition: boolean;
}

export interface IndexModel {
  readonly name: string;
  /** Its name in the store, where that differs. */
  readonly physical?: string;
  readonly parts: readonly OrderTerm[];
  readonly unique: boolean;
  readonly item?: ItemTemplate;
}

/** Ordinals of the managed fields the entity has; presence switches the feature on. */
export interface ManagedFields {
  readonly createdAt?: number;
  readonly updatedAt?: number;
  /** Soft delete. */
  readonly deletedAt?: number;
  /** Expiry; the one managed field that callers may write. */
  readonly expiresAt?: number;
  /** Optimistic locking: 1 on Create, one more on every change. */
  readonly version?: number;
}

/** Literals and `{field}` references. */
export interface ItemTemplate {
  readonly partition: string;
  readonly sort: string;
}
