/** The database as a job of the writer sees it: what is committed, under what the group and the job itself have changed. */

import type { Interval } from "./interval.ts";
import type { Change, Entries, Entry, Source } from "./byte-store.ts";

export interface View extends Source {
  get(key: Buffer): Buffer | undefined;
  set(key: Buffer, value: Buffer | undefined): void;
  /** A view on top of this one, whose changes are apart until they are kept. */
  fork(): View;
  /** Moves the changes into the view below. */
  keep(): void;
  /** In the order of keys. */
  changes(): readonly Change[];
  /** Forgets the changes. */
  clear(): void;
  /** Of the keys and values that the changes hold. */
  readonly bytes: number;
}

interface Below {
  get(key: Buffer): Buffer | undefined;
  getMany?(keys: readonly Buffer[]): Promise<readonly (Buffer | undefined)[]>;
  entries(interval: Interval, reverse: boolean): Entries;
  set?(key: Buffer, value: Buffer | undefined): void;
}

export function createView(below: Below): View {
  // Latin-1 text has the order of the bytes, and can be the key of a Map.
  const changed = new Map<string, Change>();
  let bytes = 0;
  const view: View = {
    get: (key) => {
      const change = changed.get(key.toString("latin1"));
      return change ? change.value : below.get(key);
    },
    getMany: async (keys) => keys.map((key) => view.get(key)),
    set: (key, value) => {
      const name = key.toString("latin1");
      bytes += sizeOf({ key, value }) - sizeOf(changed.get(name));
      changed.set(name, { key, value });
    },
    entries: (interval, reverse) => {
      if (reverse) throw new TypeError("a view is read forwards");
      const inside = inOrder(changed).filter(({ key }) => isInside(interval, key));
      return inside.length === 0 ? below.entries(interval, false) : overlaid(below.entries(interval, false), inside);
    },
    fork: () => createView(view),
    keep: () => {
      for (const { key, value } of changed.values()) below.set?.(key, value);
      view.clear();
    },
    changes: () => inOrder(changed),
    clear: () => {
      changed.clear();
      bytes = 0;
    },
    get bytes() {
      return bytes;
    },
  };
  return view;
}

function sizeOf(change: Change | undefined): number {
  return change ? change.key.length + (change.value?.length ?? 0) : 0;
}

function inOrder(changed: ReadonlyMap<string, Change>): readonly Change[] {
  return [...changed].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, change]) => change);
}

function isInside({ start, end }: Interval, key: Buffer): boolean {
  return Buffer.compare(start, key) <= 0 && Buffer.compare(key, end) < 0;
}

/** Entries with changes laid over them. */
function overlaid(entries: Entries, changes: readonly Change[]): Entries {
  let left = changes;
  const overridden = new Set(changes.map(({ key }) => key.toString("latin1")));
  const next = async (most: number): Promise<readonly Entry[]> => {
    const below = await entries.next(most);
    const last = below.at(-1)?.[0];
    const due = left.filter(({ key }) => !last || Buffer.compare(key, last) <= 0);
    left = left.slice(due.length);
    const own = due.flatMap(({ key, value }): Entry[] => (value ? [[key, value]] : []));
    const kept = below.filter(([key]) => !overridden.has(key.toString("latin1")));
    if (last && kept.length + own.length === 0) return next(most);
    return [...kept, ...own].toSorted(([a], [b]) => Buffer.compare(a, b));
  };
  return { next, close: () => entries.close() };
}
