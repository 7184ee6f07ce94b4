/** One call for work that several callers share, for example a read that answers them all. */

import { createCall, type AbortReason, type Call, type CallControl } from "./call.ts";

/**
 * Lasts as long as any of the callers wants: its deadline is the latest of theirs, and it aborts when the last of them has.
 * A caller who leaves earlier is settled by whoever waits for it (`adapter/decorators/guard.ts`), not by this. `finish` must be called
 * when the work is over; it also leaves the callers' calls alone from then on.
 */
export function mergeCalls(calls: readonly [Call, ...Call[]]): CallControl {
  const [first] = calls;
  const timeout = Math.max(...calls.map((call) => call.deadline)) - performance.now(); // Infinity where one has none
  const merged = createCall({ timeout, requestId: first.requestId, ...(first.within && { within: first.within }) });
  let left = calls.length;
  const leave = (reason: AbortReason): void => {
    left -= 1;
    if (left === 0) merged.abort(reason);
  };
  const offs = calls.map((call) => call.onAbort(leave));
  return {
    call: merged.call,
    abort: (reason) => merged.abort(reason),
    finish: () => {
      for (const off of offs) off();
      merged.finish();
    },
  };
}
