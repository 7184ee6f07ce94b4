/** Random choices from a seed, the same on every machine. */

export interface Random {
  /** A whole number from 0 to `limit` − 1. */
  below(limit: number): number;
  chance(share: number): boolean;
  /** Throws where there is nothing to choose from. */
  of<Item>(items: readonly Item[]): Item;
}

/** mulberry32, by Tommy Ettinger (public domain). */
export function seeded(seed: number): Random {
  let state = seed | 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    below,
    chance: (share) => next() < share,
    of: (items) => {
      const item = items[below(items.length)];
      if (item === undefined) throw new RangeError("there is nothing to choose from");
      return item;
    },
  };
}
