/** About how many bytes rows of one shape have, by those that were read: how many are asked for where bytes are bounded. */

/** The share of a row that is smaller than what was seen before it; one that is larger counts at once. */
const SHARE = 1 / 8;

/** A shape is whatever is read alike: a table, or a table with the fields that are asked for. */
export class RowSizes<Shape extends WeakKey> {
  readonly #sizes = new WeakMap<Shape, number>();

  /** A row was read. */
  see(shape: Shape, bytes: number): void {
    const known = this.#sizes.get(shape) ?? 0;
    this.#sizes.set(shape, bytes >= known ? bytes : known + (bytes - known) * SHARE);
  }

  /** How many rows have about so many bytes, at least 1; undefined while none has been seen. */
  rowsIn(shape: Shape, bytes: number): number | undefined {
    const size = this.#sizes.get(shape);
    return size === undefined ? undefined : Math.max(1, Math.floor(bytes / Math.max(size, 1)));
  }
}
