/** A map whose members come and go faster than it, and leave nothing behind that collections would copy. */

/** Removals that are worth new tables, however few are left. */
const LEAST_REMOVED = 32;

/** In the order in which keys were set, as `Map`. */
export class TransientMap<Key, Value> {
  #map = new Map<Key, Value>();
  /** Since the map was new. */
  #removed = 0;
  /** Behind the key that was first last: a new iterator would pass over all that were removed, each time the first is taken. */
  #ahead: MapIterator<Key> | undefined;
  /** The key that was first last, while it is in. */
  #first: { readonly key: Key } | undefined;

  get size(): number {
    return this.#map.size;
  }

  get(key: Key): Value | undefined {
    return this.#map.get(key);
  }

  has(key: Key): boolean {
    return this.#map.has(key);
  }

  set(key: Key, value: Value): void {
    this.#map.set(key, value);
  }

  /** Whether it was in. */
  delete(key: Key): boolean {
    if (!this.#map.delete(key)) return false;
    if (this.#first && !this.#map.has(this.#first.key)) this.#first = undefined;
    this.#removed += 1;
    if (this.#removed < LEAST_REMOVED + 2 * this.#map.size) return true;
    this.#map = new Map(this.#map);
    this.#removed = 0;
    this.#ahead = this.#first = undefined;
    return true;
  }

  /** The key that was set first, of those that are in. */
  get first(): Key | undefined {
    if (this.#first) return this.#first.key;
    if (this.#map.size === 0) return undefined;
    this.#ahead ??= this.#map.keys();
    const { value, done } = this.#ahead.next();
    if (done) throw new RangeError("what is in lies behind what was first");
    this.#first = { key: value };
    return value;
  }

  /** Those that are in now. */
  keys(): readonly Key[] {
    return [...this.#map.keys()];
  }

  /** Those that are in now. */
  values(): readonly Value[] {
    return [...this.#map.values()];
  }
}
