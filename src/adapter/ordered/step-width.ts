/** How many rows are fetched together: a few at first, then as many as rows of their size make about so many bytes. */

const FIRST = 4;
const WIDEST = 64;
const BYTES = 1_048_576;

export class StepWidth {
  #rows = 0;
  #bytes = 0;

  /** At least 1. */
  get rows(): number {
    if (this.#rows === 0) return FIRST;
    return Math.max(1, Math.min(WIDEST, Math.floor((BYTES * this.#rows) / Math.max(this.#bytes, 1))));
  }

  /** Rows that were fetched, and what they hold together. */
  took(rows: number, bytes: number): void {
    this.#rows += rows;
    this.#bytes += bytes;
  }
}
