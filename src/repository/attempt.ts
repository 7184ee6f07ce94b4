/** One piece of work at a store: its errors classified, and done again where it surely was not done. */

import type { Adapter } from "../adapter/adapter.ts";
import type { Call } from "../model/call.ts";
import { Fault } from "../model/fault.ts";

/** Waits up to `longest` milliseconds; false, at once, where the call would be over by then. */
export type Pause = (longest: number, call: Call) => Promise<boolean>;

const FIRST_PAUSE = 4;
const LONGEST_PAUSE = 250;
/** For calls without a deadline, which must end too. */
const MOST_ATTEMPTS = 20;

export interface Attempting {
  readonly adapter: Pick<Adapter, "classify">;
  readonly pause: Pause;
  /** The caller ends the transaction; a conflict dooms it as a whole, so repeating one step of it would be of no use. */
  readonly isInTransaction?: boolean;
}

/** What a store threw, as a Fault. */
export function faultOf(adapter: Pick<Adapter, "classify">, error: unknown): Fault {
  return error instanceof Fault ? error : adapter.classify(error);
}

/**
 * Rejects with a Fault. A conflict of two transactions was rolled back, so the work is done again while the call lasts; everything else is
 * the caller's to know.
 */
export async function attempt<T>(attempting: Attempting, call: Call, work: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await work();
    } catch (error) {
      const fault = faultOf(attempting.adapter, error);
      if (fault.reason !== "TRANSACTION_CONFLICT" || attempting.isInTransaction) throw fault;
      if (fault.detail.retryAfter !== undefined) throw fault; // the store has waited itself, as long as it may
      if (call.deadline === Infinity && tries >= MOST_ATTEMPTS) throw fault;
      if (!(await attempting.pause(pauseAfter(tries), call))) throw fault;
    }
  }
}

/** For work that was undone as a whole: a conflict among its outcomes is thrown, so that `attempt` does it again. */
export function throwConflict(
  adapter: Pick<Adapter, "classify">,
  outcomes: readonly { readonly status: string; readonly error?: unknown }[],
): void {
  for (const outcome of outcomes) {
    if (outcome.status !== "failed") continue;
    const fault = faultOf(adapter, outcome.error);
    if (fault.reason === "TRANSACTION_CONFLICT") throw fault;
  }
}

/** Doubling, in milliseconds. */
export function pauseAfter(tries: number): number {
  return Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.min(tries, 16));
}

/** A random part of the time, so that those who collided do not meet again. */
export const pause: Pause = (longest, call) => {
  const delay = longest * (0.5 + Math.random() / 2);
  if (call.aborted || performance.now() + delay >= call.deadline) return Promise.resolve(false);
  return new Promise((resolve) => {
    const leave = (completed: boolean): void => {
      clearTimeout(timer);
      off();
      resolve(completed);
    };
    const timer = setTimeout(() => leave(true), delay);
    const off = call.onAbort(() => leave(false));
  });
};
