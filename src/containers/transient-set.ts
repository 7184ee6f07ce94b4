/** A set whose members come and go faster than it; see `TransientMap`. */

import { TransientMap } from "./transient-map.ts";

/** In the order in which members were added, as `Set`. */
export class TransientSet<Value> {
  readonly #map = new TransientMap<Value, true>();

  get size(): number {
    return this.#map.size;
  }

  has(value: Value): boolean {
    return this.#map.has(value);
  }

  add(value: Value): void {
    this.#map.set(value, true);
  }

  /** Whether it was in. */
  delete(value: Value): boolean {
    return this.#map.delete(value);
  }

  /** The member that was added first, of those that are in. */
  get first(): Value | undefined {
    return this.#map.first;
  }

  /** Those that are in now. */
  values(): readonly Value[] {
    return this.#map.keys();
  }
}
