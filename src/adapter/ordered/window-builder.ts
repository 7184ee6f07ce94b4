/** One window of a scan, filled row by row and bounded in what is delivered, in bytes, and in what is looked at. */

import type { EntityModel, OrderTerm } from "../../model/entity.ts";
import { compileFilter, type Predicate } from "../../model/evaluate.ts";
import type { Filter } from "../../model/filter.ts";
import type { Visibility } from "../../model/query.ts";
import type { EntityRecord } from "../../model/value.ts";
import { isVisible } from "../../model/visibility.ts";
import type { Cursor, ScanWindow, Window } from "../adapter.ts";
import type { ReadChunk } from "../reading/chunks.ts";
import { encodeCursor } from "../reading/keyset.ts";
import type { Plan } from "../plan.ts";

export class WindowBuilder {
  readonly #entity: EntityModel;
  readonly #terms: readonly OrderTerm[];
  readonly #window: Window;
  readonly #fulfils: Predicate;
  readonly #mostExamined: number;
  readonly #rows: EntityRecord[] = [];
  #bytes = 0;
  #last: EntityRecord | undefined;
  #examined = 0;

  /**
   * @param terms what a cursor holds
   * @param mostExamined the store's own bound
   */
  constructor(plan: Plan, terms: readonly OrderTerm[], window: Window, mostExamined: number) {
    this.#entity = plan.entity;
    this.#terms = terms;
    this.#window = window;
    this.#fulfils = predicateOf(plan, window.visible);
    this.#mostExamined = Math.min(mostExamined, window.maxExamined ?? mostExamined);
  }

  get isFull(): boolean {
    return (
      this.#rows.length >= this.#window.limit ||
      this.#bytes >= this.#window.maxBytes ||
      this.#examined >= this.#mostExamined
    );
  }

  /** Whether there is a row to continue after. */
  get hasLooked(): boolean {
    return this.#last !== undefined;
  }

  /** A row in the plan's order, and how many bytes it has. */
  look(row: EntityRecord, bytes: (row: EntityRecord) => number): void {
    this.#last = row;
    this.#examined += 1;
    if (!this.#fulfils(row)) return;
    this.#rows.push(row);
    this.#bytes += bytes(row);
  }

  /** @param isEnd whether nothing is behind the last row looked at */
  result(isEnd: boolean): ScanWindow {
    const rows = this.#rows;
    const last = this.#last;
    const cursor = (index: number): Cursor => encodeCursor(this.#terms, this.#entity, rows[index] ?? []);
    return { rows, cursor, ...(!isEnd && last && { next: encodeCursor(this.#terms, this.#entity, last) }) };
  }
}

/** Reads until the window is full or nothing is left. @param afterChunk may throw, for a call that has ended */
export async function fillWindow<Row>(
  builder: WindowBuilder,
  read: ReadChunk<Row>,
  look: (row: Row) => void,
  afterChunk: () => void = () => {},
): Promise<ScanWindow> {
  for (;;) {
    const chunk = await read();
    if (chunk.length === 0) return builder.result(true);
    for (const row of chunk) {
      if (builder.isFull) return builder.result(false);
      look(row);
    }
    afterChunk();
  }
}

const predicates = new WeakMap<Filter, Predicate>();

/** Whether a row of the plan's ranges counts: what was pushed down, and what is visible. */
export function predicateOf({ entity, pushed }: Plan, visible: Visibility): Predicate {
  if (!pushed) return (row) => isVisible(entity, row, visible);
  let predicate = predicates.get(pushed);
  if (!predicate) predicates.set(pushed, (predicate = compileFilter(entity, pushed)));
  const fulfils = predicate;
  return (row) => isVisible(entity, row, visible) && fulfils(row);
}
