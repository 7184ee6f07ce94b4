// Random numbers from a seed: the same seed, the same run.
export interface Random {
  /** A whole number from 0 on, below `most`. */
  below(most: number): number;
  /** One of the things. */
  one<Thing>(things: readonly Thing[]): Thing;
  bytes(count: number): Buffer;
}

/** Mulberry32: 32 bits of state. */
export function randomOf(seed: number): Random {
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
    one: (things) => {
      const found = things[below(things.length)];
      if (found === undefined) throw new Error("there is nothing to choose from");
      return found;
    },
    bytes: (count) => Buffer.from(Array.from({ length: count }, () => below(256))),
  };
}
