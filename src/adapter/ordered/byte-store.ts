/** An ordered key-value engine, as far as tables on it need one: keys and values are bytes, and keys lie in the order of their bytes. */

import type { Interval } from "./interval.ts";

/** A key, and its new value or none. */
export interface Change {
  readonly key: Buffer;
  readonly value: Buffer | undefined;
}

export type Entry = readonly [key: Buffer, value: Buffer];

/** The entries of an interval, from one end to the other; empty at the end. */
export interface Entries {
  /** May bring fewer where they are large. */
  next(most: number): Promise<readonly Entry[]>;
  close(): Promise<void>;
}

/** What can be read: one state of the store. */
export interface Source {
  getMany(keys: readonly Buffer[]): Promise<readonly (Buffer | undefined)[]>;
  /** Whether each key is there, without its value. */
  hasMany?(keys: readonly Buffer[]): Promise<readonly boolean[]>;
  entries(interval: Interval, reverse: boolean): Entries;
}

export interface Snapshot extends Source {
  close(): Promise<void>;
}

export interface ByteStore {
  /** The value as it is now, read at once. */
  get(key: Buffer): Buffer | undefined;
  snapshot(): Snapshot;
  /** All of the changes or none; they survive the process once it resolves. */
  commit(changes: readonly Change[]): Promise<void>;
  /** Removes what lies in the interval. */
  clear(interval: Interval): Promise<void>;
  close(): Promise<void>;
}
