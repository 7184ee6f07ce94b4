/**
 * Who works in a turn of the event loop. Stores that answer from this process never wait by themselves, so their long work is cut into
 * pieces of about a millisecond; between two pieces the loop looks after everybody else. The loop is one, whatever runs on it, and so is
 * the pacer.
 */

import { TransientSet } from "../../containers/transient-set.ts";

export interface Loop {
  /** Milliseconds. */
  now(): number;
  /** Calls back in the next turn. */
  next(callback: () => void): void;
}

/** Milliseconds of such work in one turn of the loop, however much waits; a piece that has begun may exceed it. */
const WORK_PER_TURN = 1;

export class Pacer {
  readonly #loop: Loop;
  /** In the order they came. */
  readonly #beginning = new TransientSet<() => void>();
  readonly #continuing = new TransientSet<() => void>();
  #lastBegan = false;
  /** Since the loop was last let go. */
  #worked = 0;
  #isScheduled = false;

  constructor(loop: Loop) {
    this.#loop = loop;
  }

  /**
   * Runs a piece of work: at once where this turn of the loop has room, else in a later one. Work that begins has every other place,
   * so that it waits neither for all that goes on, nor that for it.
   */
  run<Result>(kind: "begin" | "continue", piece: () => Result): Result | Promise<Result> {
    const isFirst = this.#beginning.size === 0 && (kind === "begin" || this.#continuing.size === 0);
    if (isFirst && this.#worked < WORK_PER_TURN) return this.#timed(piece);
    const waiting = kind === "begin" ? this.#beginning : this.#continuing;
    this.#schedule();
    const { promise, resolve } = Promise.withResolvers<Result>();
    waiting.add(() => resolve(settled(() => this.#timed(piece))));
    return promise;
  }

  #timed<Result>(piece: () => Result): Result {
    const started = this.#loop.now();
    try {
      return piece();
    } finally {
      this.#worked += this.#loop.now() - started;
      if (this.#worked >= WORK_PER_TURN) this.#schedule();
    }
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#loop.next(() => {
      this.#isScheduled = false;
      this.#worked = 0;
      while (this.#worked < WORK_PER_TURN) {
        const next = this.#take();
        if (!next) return;
        next();
      }
    });
  }

  #take(): (() => void) | undefined {
    const [first, second] = this.#lastBegan ? [this.#continuing, this.#beginning] : [this.#beginning, this.#continuing];
    const from = first.size > 0 ? first : second;
    const waiting = from.first;
    if (!waiting) return undefined;
    from.delete(waiting);
    this.#lastBegan = from === this.#beginning;
    return waiting;
  }
}

/** Runs it now; what it throws is what the promise rejects with. */
async function settled<Result>(piece: () => Result): Promise<Result> {
  return piece();
}

/** Of this thread. */
export const pacer: Pacer = new Pacer({
  now: () => performance.now(),
  next: (callback) => void setImmediate(callback),
});
