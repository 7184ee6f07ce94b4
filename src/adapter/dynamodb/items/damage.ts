/** Items that are not as their fields say: what can be read of them, and where a window goes on behind one. */

import type { OrderTerm } from "../../../model/entity.ts";
import { keyOf } from "../../../model/key.ts";
import type { EntityRecord } from "../../../model/value.ts";
import type { Cursor } from "../../adapter.ts";
import { DamagedRow } from "../../reading/damaged-row.ts";
import { encodeCursor } from "../../reading/keyset.ts";
import type { Item } from "../driver.ts";
import { itemCursor } from "./item-cursor.ts";
import type { Reading } from "../reading/reading.ts";
import { readableOf, recordOf } from "./table.ts";

/** Of a row that could not be read. */
interface Damage {
  readonly item: Item;
  readonly error: unknown;
}

export interface Rows extends Reading {
  readonly rows: RowReader;
}

/** The rows of one window, in the order in which they are read; what is damaged is told when it is come to. */
export class RowReader {
  readonly #reading: Reading;
  readonly #terms: readonly OrderTerm[];
  readonly #isMerged: boolean;
  readonly #damaged = new Map<EntityRecord, Damage>();

  /**
   * @param terms what a cursor holds
   * @param isMerged rows are put in order by these terms, so they must be readable
   */
  constructor(reading: Reading, terms: readonly OrderTerm[], isMerged: boolean) {
    this.#reading = reading;
    this.#terms = terms;
    this.#isMerged = isMerged;
  }

  /** @throws what was wrong with it, where it has no place among the others */
  read(item: Item): EntityRecord {
    const { table, fields } = this.#reading;
    try {
      return recordOf(table, item, fields);
    } catch (error) {
      const record = readableOf(table, item);
      if (this.#isMerged && !this.#knows(this.#terms, record, item)) throw error;
      this.#damaged.set(record, { item, error });
      return record;
    }
  }

  /** @throws DamagedRow */
  check(record: EntityRecord): void {
    const damage = this.#damaged.size > 0 ? this.#damaged.get(record) : undefined;
    if (!damage) return;
    const { item, error } = damage;
    const { entity } = this.#reading.table;
    const key = this.#knows(entity.key, record, item) ? keyOf(entity, record) : undefined;
    throw new DamagedRow(error, { key, next: this.#behind(record, item) });
  }

  #behind(record: EntityRecord, item: Item): Cursor {
    const { table } = this.#reading;
    return this.#isMerged ? encodeCursor(this.#terms, table.entity, record) : itemCursor(this.#reading, item);
  }

  #knows(terms: readonly Pick<OrderTerm, "ordinal">[], record: EntityRecord, item: Item): boolean {
    const { attributes } = this.#reading.table;
    return terms.every(({ ordinal }) => {
      const name = attributes[ordinal]?.name;
      return record[ordinal] !== undefined || (name !== undefined && item[name] === undefined);
    });
  }
}
