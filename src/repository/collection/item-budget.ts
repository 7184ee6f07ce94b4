/** How far the items of one answer go: the first that no longer fits ends it, and one that fits no answer is told of by itself. */

import type { EntityModel } from "../../model/entity.ts";
import { Fault } from "../../model/fault.ts";
import { recordBytes } from "../../model/size.ts";
import type { CollectionItem } from "../operation.ts";
import type { RepositoryLimits } from "../limits.ts";

/** What an item takes beside its row. */
const BESIDE = 64;

export type ShownRow = Omit<Extract<CollectionItem, { readonly kind: "entity" }>, "kind">;

export class ItemBudget {
  readonly items: CollectionItem[] = [];
  readonly #limits: RepositoryLimits;
  readonly #size: number;
  #bytes = 0;

  constructor(limits: RepositoryLimits, size: number) {
    this.#limits = limits;
    this.#size = size;
  }

  get isFull(): boolean {
    return this.items.length >= this.#size;
  }

  /** Items that still fit; at least 1 while it is not full. */
  get left(): number {
    return this.#size - this.items.length;
  }

  /** Bytes that still fit; at least 1. */
  get room(): number {
    return Math.max(1, this.#limits.answerBytes - this.#bytes);
  }

  /** False where the row no longer fits, and the page ends before it. */
  takeRow({ entity, record, fields, sortKey }: ShownRow): boolean {
    const size = recordBytes(entity.message, record, fields) + sortKey.length + BESIDE;
    if (size > this.#limits.answerRowBytes)
      return this.#take(
        { kind: "fault", entity: entity.name, fault: tooLarge(entity, size, this.#limits), sortKey },
        BESIDE,
      );
    return this.#take({ kind: "entity", entity, record, fields, sortKey }, size);
  }

  take(item: CollectionItem, size: number): boolean {
    return this.#take(item, size + item.sortKey.length + BESIDE);
  }

  #take(item: CollectionItem, size: number): boolean {
    if (this.items.length > 0 && this.#bytes + size > this.#limits.answerBytes) return false;
    this.#bytes += size;
    this.items.push(item);
    return true;
  }
}

function tooLarge(entity: EntityModel, size: number, { answerRowBytes }: RepositoryLimits): Fault {
  const found = `a stored ${entity.name} would take about ${size} bytes of the answer, and ${answerRowBytes} is the most`;
  return new Fault("ROW_TOO_LARGE", `${found}; leave its large fields out by read_mask, with the same page_token`, {
    entity: entity.name,
  });
}
