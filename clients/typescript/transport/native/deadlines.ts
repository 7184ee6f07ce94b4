/** Ends calls whose time is over, with one timer for all: most calls have ended long before. */

import { TransientSet } from "../../../../src/containers/transient-set.ts";
import type { ClientCall } from "./call.ts";

/** Milliseconds between two looks at least. */
const least = 5;

export class Deadlines {
  readonly #calls = new TransientSet<ClientCall>();
  readonly #expire: (call: ClientCall) => void;
  #timer: NodeJS.Timeout | undefined;
  #dueAt = Infinity;

  constructor(expire: (call: ClientCall) => void) {
    this.#expire = expire;
  }

  get size(): number {
    return this.#calls.size;
  }

  calls(): readonly ClientCall[] {
    return this.#calls.values();
  }

  add(call: ClientCall): void {
    this.#calls.add(call);
    if (call.deadline < this.#dueAt) this.#arm(call.deadline);
    else if (this.#calls.size === 1) this.#timer?.ref();
  }

  /** The process may end while nothing is under way. */
  delete(call: ClientCall): void {
    this.#calls.delete(call);
    if (this.#calls.size === 0) this.#timer?.unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#dueAt = Infinity;
  }

  #arm(deadline: number): void {
    clearTimeout(this.#timer);
    this.#dueAt = deadline;
    const wait = Math.max(least, Math.ceil(deadline - performance.now()));
    this.#timer = setTimeout(() => this.#look(), Math.min(wait, 2_147_483_647));
  }

  #look(): void {
    this.stop();
    const now = performance.now();
    let next = Infinity;
    for (const call of this.#calls.values()) {
      if (!this.#calls.has(call)) continue; // another's end was its end, too
      if (call.deadline <= now) this.#expire(call);
      else if (call.deadline < next) next = call.deadline;
    }
    if (next < this.#dueAt) this.#arm(next); // one that came meanwhile may be nearer
  }
}
