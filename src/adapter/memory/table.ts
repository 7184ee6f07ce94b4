/** The rows of one entity with their indexes, kept in step. */

import type { EntityModel, IndexModel } from "../../model/entity.ts";
import type { Key } from "../../model/key.ts";
import type { MutableRecord, EntityRecord, Value } from "../../model/value.ts";
import { isDeleted, isExpired } from "../../model/visibility.ts";
import type { Access } from "../plan.ts";
import { orderComparator } from "../../model/compare.ts";
import { OrderedRows } from "./ordered-rows.ts";
import type { Profile } from "./profile.ts";
import { createSequence, type Sequence } from "./sequence.ts";

export class Table {
  readonly entity: EntityModel;
  readonly #key: Sequence;
  readonly #indexes: ReadonlyMap<string, Sequence>;
  /** By expires_at, of entities that have it; for the sweeper. */
  readonly #expiring: OrderedRows | undefined;
  readonly #empty: EntityRecord;

  constructor(entity: EntityModel, profile: Profile) {
    this.entity = entity;
    this.#key = createSequence(entity, undefined, profile);
    this.#indexes = new Map(entity.indexes.map((index) => [index.name, createSequence(entity, index, profile)]));
    const { expiresAt } = entity.managed;
    if (expiresAt !== undefined) {
      const order = [
        { ordinal: expiresAt, desc: false },
        ...this.#key.terms.filter((term) => term.ordinal !== expiresAt),
      ];
      this.#expiring = new OrderedRows(orderComparator(entity.fields, order));
    }
    this.#empty = entity.fields.map(() => undefined);
  }

  get size(): number {
    return this.#key.rows.size;
  }

  get(key: Key): EntityRecord | undefined {
    const probe: MutableRecord = [...this.#empty];
    for (const [i, part] of this.entity.key.entries()) probe[part.ordinal] = key[i];
    return this.#key.rows.find(probe);
  }

  /** Puts `after` where `before` was; undefined is no row. Both have the same key. */
  replace(before: EntityRecord | undefined, after: EntityRecord | undefined): void {
    for (const sequence of [this.#key, ...this.#indexes.values()]) {
      const old = before && sequence.holds(before) ? before : undefined;
      const young = after && sequence.holds(after) ? after : undefined;
      swap(sequence.rows, sequence.compare, old, young);
    }
    const { expiresAt } = this.entity.managed;
    if (!this.#expiring || expiresAt === undefined) return;
    if (before?.[expiresAt] !== undefined) this.#expiring.remove(before);
    if (after?.[expiresAt] !== undefined) this.#expiring.put(after);
  }

  sequence(access: Access): Sequence {
    if (access.kind !== "index") return this.#key;
    const sequence = this.#indexes.get(access.index.name);
    if (!sequence) throw new TypeError(`${this.entity.name} has no index ${access.index.name}`);
    return sequence;
  }

  /** Other rows that a unique index would not have beside this one. */
  inTheWay(row: EntityRecord): readonly { readonly row: EntityRecord; readonly index: IndexModel }[] {
    if (isDeleted(this.entity, row)) return [];
    const found: { readonly row: EntityRecord; readonly index: IndexModel }[] = [];
    for (const sequence of this.#indexes.values()) {
      const { index } = sequence;
      if (!index?.unique) continue;
      const eq = presentValues(index, row);
      if (!eq) continue;
      const place = sequence.place({ eq });
      const pull = sequence.rows.ascend((other) => place(other) < 0);
      for (let other = pull(); other && place(other) === 0; other = pull()) {
        if (!isDeleted(this.entity, other) && !this.#isSameKey(row, other)) found.push({ row: other, index });
      }
    }
    return found;
  }

  #isSameKey(a: EntityRecord, b: EntityRecord): boolean {
    return this.#key.compare(a, b) === 0;
  }

  /** Up to `limit` rows whose time is up, longest ago first. */
  expired(now: bigint, limit: number): readonly EntityRecord[] {
    const rows: EntityRecord[] = [];
    const pull = this.#expiring?.ascend(() => false);
    for (let row = pull?.(); row && rows.length < limit && isExpired(this.entity, row, now); row = pull?.())
      rows.push(row);
    return rows;
  }
}

/** In place where the row does not move. */
function swap(
  rows: OrderedRows,
  compare: (a: EntityRecord, b: EntityRecord) => number,
  before: EntityRecord | undefined,
  after: EntityRecord | undefined,
): void {
  if (before && !(after && compare(before, after) === 0)) rows.remove(before);
  if (after) rows.put(after);
}

/** Undefined where one is absent, and the row therefore in nobody's way. */
function presentValues(index: IndexModel, row: EntityRecord): readonly Value[] | undefined {
  const values: Value[] = [];
  for (const part of index.parts) {
    const value = row[part.ordinal];
    if (value === undefined) return undefined;
    values.push(value);
  }
  return values;
}
