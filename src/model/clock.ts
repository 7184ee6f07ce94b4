/** Where time comes from. Injected, so that tests can hold it still. */

export interface Clock {
  /** Nanoseconds since 1970-01-01T00:00:00Z. */
  now(): bigint;
}

export const systemClock: Clock = {
  now: () => BigInt(Date.now()) * 1_000_000n,
};
