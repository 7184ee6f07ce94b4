/** The bytes of rows together, which are measured only where they may come near a limit. */

import type { MessageType } from "./field.ts";
import { mostBytes, recordBytes } from "./size.ts";
import type { EntityRecord } from "./value.ts";

export class TotalBytes {
  readonly #message: MessageType;
  /** What counts of a row; undefined is all. */
  readonly #fields: readonly number[] | undefined;
  /** Rows that count with the most that they may have. */
  #unmeasured: EntityRecord[] = [];
  #most = 0;
  #measured = 0;

  constructor(message: MessageType, fields: readonly number[] | undefined) {
    this.#message = message;
    this.#fields = fields;
  }

  /** Of all rows that were added, as `recordBytes` has them. */
  get bytes(): number {
    if (this.#unmeasured.length > 0) this.#measure();
    return this.#measured;
  }

  /** Answers the most that the row may have by itself. */
  add(record: EntityRecord): number {
    const most = mostBytes(record, this.#fields);
    this.#unmeasured.push(record);
    this.#most += most;
    return most;
  }

  exceed(limit: number): boolean {
    return this.#measured + this.#most > limit && this.bytes > limit;
  }

  #measure(): void {
    for (const record of this.#unmeasured) this.#measured += recordBytes(this.#message, record, this.#fields);
    this.#unmeasured = [];
    this.#most = 0;
  }
}
