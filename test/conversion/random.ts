/** Numbers that are the same for the same seed. */

export interface Random {
  /** From 0 up to `most`, which it never is. */
  below(most: number): number;
  chance(of: number): boolean;
  one<Item>(items: readonly Item[]): Item;
}

/** mulberry32 */
export function randomFrom(seed: number): Random {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (most: number): number => Math.floor(next() * most);
  return {
    below,
    chance: (of) => next() < of,
    one: (items) => {
      const item = items[below(items.length)];
      if (item === undefined) throw new RangeError("one of none");
      return item;
    },
  };
}
