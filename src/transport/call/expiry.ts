/** One timer for many things that all may last equally long: what stays too long is reported, oldest first. */

import { TransientMap } from "../../containers/transient-map.ts";
import { afterReading } from "./after-reading.ts";

export interface Expiry<Thing> {
  add(thing: Thing): void;
  delete(thing: Thing): void;
}

/** Bytes that a reader must take within its time, or all that waits for it: who takes fewer holds memory for nothing. */
export const LEAST_TAKEN = 16_384;

/**
 * `milliseconds` is how long a thing may stay, and may change; `expired` runs once for each that does, and it is no longer in then.
 * A thing that `hasMoved` since it was last asked stays as long again.
 */
export function createExpiry<Thing>(
  milliseconds: () => number,
  expired: (thing: Thing) => void,
  hasMoved: (thing: Thing) => boolean = () => false,
): Expiry<Thing> {
  const since = new TransientMap<Thing, number>(); // in the order of arrival, so that the first is always the oldest
  let timer: NodeJS.Timeout | undefined;
  const sweep = (): void => {
    timer = undefined;
    const now = performance.now();
    for (let thing = since.first; thing !== undefined; thing = since.first) {
      const left = (since.get(thing) ?? now) + milliseconds() - now;
      if (left > 0) return arm(left);
      since.delete(thing);
      if (hasMoved(thing))
        since.set(thing, now); // behind all others
      else expired(thing);
    }
  };
  const arm = (delay: number): void => {
    timer ??= setTimeout(afterReading(sweep), Math.ceil(delay)).unref();
  };
  return {
    add: (thing) => {
      since.set(thing, performance.now());
      arm(milliseconds());
    },
    delete: (thing) => since.delete(thing),
  };
}
