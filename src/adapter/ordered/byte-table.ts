/**
 * Where the rows of one entity and their index entries lie. A key begins with what it is (a row, an index entry …) and the
 * number of its table or index, both of fixed length, so that no two of them mix.
 */

import type { EntityModel, IndexModel } from "../../model/entity.ts";
import type { Key } from "../../model/key.ts";
import type { MutableRecord, EntityRecord } from "../../model/value.ts";
import { isDeleted } from "../../model/visibility.ts";
import { indexPath, keyPath } from "../planner/access-path.ts";
import type { Access } from "../plan.ts";
import { keyBytes, type ByteOrder } from "./interval.ts";
import { termBytes } from "./key-bytes.ts";
import { rowCodec } from "./row-bytes.ts";

const TAG = { row: 1, index: 2, unique: 3, expiry: 4, request: 5, requestAge: 6 } as const;

/** What keys of one kind begin with. */
export function prefixOf(tag: keyof typeof TAG, id: number = 0): Buffer {
  const bytes = Buffer.alloc(5);
  bytes.writeUInt8(TAG[tag], 0);
  bytes.writeUInt32BE(id, 1);
  return bytes;
}

/** The numbers under which a table and its indexes lie. */
export interface Layout {
  readonly id: number;
  /** By the index's name in the store. */
  readonly indexes: ReadonlyMap<string, number>;
}

/** A key that points to a row's key, which is the value. */
export interface Entry {
  readonly key: Buffer;
  /** Of a unique index: no two rows may have this key. */
  readonly unique?: IndexModel;
}

export interface Table {
  readonly entity: EntityModel;
  rowKey(key: Key): Buffer;
  /** @param before the row that it takes the place of: what was unread in it stays */
  encode(record: EntityRecord, before?: EntityRecord): Buffer;
  /** @param only ordinals: all other fields are as absent */
  decode(bytes: Buffer, only?: ReadonlySet<number>): EntityRecord;
  /** How the rows of an access path lie; entries of an index hold the row's key. */
  orderOf(access: Access): ByteOrder;
  /** Everything that is kept beside the row. */
  entriesOf(record: EntityRecord): readonly Entry[];
}

/** Where the entries of rows that expire begin; they go on with the time. */
export function expiryPrefix(layout: Layout): Buffer {
  return prefixOf("expiry", layout.id);
}

export function physicalName(index: IndexModel): string {
  return index.physical ?? index.name;
}

export function createTable(entity: EntityModel, layout: Layout): Table {
  const codec = rowCodec(entity);
  const rows: ByteOrder = { entity, prefix: prefixOf("row", layout.id), terms: keyPath(entity).terms };
  const indexes = entity.indexes.map((index) => indexOrder(entity, index, layout));
  const { expiresAt } = entity.managed;
  const expiry = expiresAt === undefined ? undefined : [{ ordinal: expiresAt, desc: false }, ...rows.terms];
  return {
    entity,
    encode: (record, before) => codec.encode(record, before),
    decode: (bytes, only) => codec.decode(bytes, only),
    rowKey: (key) => {
      const record: MutableRecord = [];
      for (const [i, part] of entity.key.entries()) record[part.ordinal] = key[i];
      return keyBytes(rows, record);
    },
    orderOf: (access) => {
      if (access.kind !== "index") return rows;
      const found = indexes.find(({ index }) => index.name === access.index.name);
      if (!found) throw new TypeError(`${entity.name} has no index ${access.index.name}`);
      return found.order;
    },
    entriesOf: (record) => [
      ...indexes.map(({ order }) => ({ key: keyBytes(order, record) })),
      ...indexes.flatMap((index) => uniqueEntry(index, record) ?? []),
      ...(expiry && expiresAt !== undefined && record[expiresAt] !== undefined
        ? [{ key: keyBytes({ entity, prefix: expiryPrefix(layout), terms: expiry }, record) }]
        : []),
    ],
  };
}

interface IndexOrder {
  readonly index: IndexModel;
  readonly order: ByteOrder;
  readonly id: number;
}

function indexOrder(entity: EntityModel, index: IndexModel, layout: Layout): IndexOrder {
  const id = layout.indexes.get(physicalName(index));
  if (id === undefined) throw new TypeError(`the index ${index.name} of ${entity.name} has no number`);
  return { index, id, order: { entity, prefix: prefixOf("index", id), terms: indexPath(entity, index).terms } };
}

/** Soft-deleted rows and rows without one of the values are in nobody's way. */
function uniqueEntry({ index, id, order: { entity } }: IndexOrder, record: EntityRecord): Entry | undefined {
  if (!index.unique || isDeleted(entity, record)) return undefined;
  if (index.parts.some(({ ordinal }) => record[ordinal] === undefined)) return undefined;
  const terms = index.parts.map(({ ordinal }) => ({ ordinal, desc: false }));
  return { key: keyBytes({ entity, prefix: prefixOf("unique", id), terms }, record), unique: index };
}

/** Where everything lies that expired at `now` or before, as a prefix and the key behind the last of it. */
export function expiryEnd(entity: EntityModel, layout: Layout, now: bigint): Buffer {
  const field = entity.fields[entity.managed.expiresAt ?? -1];
  if (!field) throw new TypeError(`${entity.name} does not expire`);
  return Buffer.concat([expiryPrefix(layout), termBytes(field.type, now + 1n, false)]);
}
