/** How far the rows of one answer go: the first that no longer fits ends it. */

import type { MessageType } from "./field.ts";
import { recordBytes } from "./size.ts";
import type { EntityRecord } from "./value.ts";

export interface AnswerLimits {
  /** Of all rows of the answer. */
  readonly bytes: number;
  /** Of one row, which may fill an answer by itself. */
  readonly rowBytes: number;
}

/** Asked row by row, in the order of the answer. */
export class AnswerBudget {
  readonly #limits: AnswerLimits;
  #bytes = 0;
  #isFull = false;

  constructor(limits: AnswerLimits) {
    this.#limits = limits;
  }

  /** Nothing more fits. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** Whether the answer shows these fields of the row, or all. A row that fits no answer leaves room for those behind it. */
  takes(message: MessageType, record: EntityRecord, fields: readonly number[] | undefined): boolean {
    if (this.#isFull) return false;
    const size = recordBytes(message, record, fields);
    if (size > this.#limits.rowBytes) return false;
    this.#isFull = this.#bytes > 0 && this.#bytes + size > this.#limits.bytes;
    if (this.#isFull) return false;
    this.#bytes += size;
    return true;
  }
}
