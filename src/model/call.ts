/** Deadline, cancellation and identity of one call, handed down to the database as the last parameter. */

import { AbortList, type AbortReason } from "./abort-list.ts";

export interface Call {
  /** On the monotonic clock of `performance.now()`, milliseconds; Infinity for streams without one. */
  readonly deadline: number;
  /** True once the deadline has passed or the caller is gone. */
  readonly aborted: boolean;
  /** Made when first asked for; for drivers that want one. */
  readonly signal: AbortSignal;
  /** Runs `listener` once when the call aborts (at once if it has); the returned function takes it off again. */
  onAbort(listener: (reason: AbortReason) => void): () => void;
  /** For logs and answers; 1 to 64 printable characters. */
  readonly requestId: string;
  /** The call that this one is a part of, for example a scan of which it reads a page. */
  readonly within?: Call | undefined;
}

export type { AbortReason } from "./abort-list.ts";

/** A call, and what its owner does with it: aborts it, which runs its listeners, or ends its timer. Transports, workers and tests make them. */
export interface CallControl {
  readonly call: Call;
  abort(reason: AbortReason): void;
  /** Ends the timer. Must be called when the call is over. */
  finish(): void;
}

export interface CallOptions {
  /** Milliseconds from now; Infinity for none. */
  readonly timeout: number;
  readonly requestId: string;
  readonly within?: Call;
}

/** Longest delay a timer can hold. */
const LONGEST_TIMER = 2_147_483_647;

export function createCall(options: CallOptions): CallControl {
  const call = new LiveCall(options);
  return { call, abort: (reason) => call.abort(reason), finish: () => call.finish() };
}

class LiveCall implements Call {
  readonly deadline: number;
  readonly requestId: string;
  readonly within: Call | undefined;
  readonly #aborts = new AbortList();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: CallOptions) {
    this.requestId = options.requestId;
    this.within = options.within;
    this.deadline = options.timeout === Infinity ? Infinity : performance.now() + options.timeout;
    if (options.timeout <= 0) this.#aborts.abort("deadline");
    else if (options.timeout <= LONGEST_TIMER)
      this.#timer = setTimeout(() => this.abort("deadline"), options.timeout).unref();
  }

  get aborted(): boolean {
    return this.#aborts.reason !== undefined;
  }

  get signal(): AbortSignal {
    return this.#aborts.signal;
  }

  onAbort(listener: (reason: AbortReason) => void): () => void {
    return this.#aborts.onAbort(listener);
  }

  abort(reason: AbortReason): void {
    if (this.aborted) return;
    this.finish();
    this.#aborts.abort(reason);
  }

  finish(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
