/** How far a read of several keys goes: until it holds about as many bytes as were asked for, or has taken its time. */

import type { ReadRequest } from "../adapter.ts";

/** Reads between two looks at the clock. */
const LOOK = 16;

/** A class, because a literal with a getter would make V8 a hidden class for each read. */
export class ReadBudget {
  readonly #mostBytes: number;
  readonly #mostTime: number;
  readonly #started = performance.now();
  #bytes = 0;
  #reads = 0;

  /** @param mostTime milliseconds, where the request can be gone on with */
  constructor({ maxBytes }: Pick<ReadRequest, "maxBytes">, mostTime: number = Infinity) {
    this.#mostBytes = maxBytes ?? Infinity;
    this.#mostTime = maxBytes === undefined ? Infinity : mostTime;
  }

  /** That are held. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Never before something was read. */
  get isSpent(): boolean {
    if (this.#reads === 0) return false;
    if (this.#bytes >= this.#mostBytes) return true;
    return this.#reads % LOOK === 0 && performance.now() - this.#started >= this.#mostTime;
  }

  /** Something was read, and so many bytes of it are held. */
  spend(bytes: number): void {
    this.#reads += 1;
    this.#bytes += bytes;
  }
}
