/** How often a peer may do what costs it little and us more: so many at once, and so many a second that follows. */

export interface AllowanceOptions {
  readonly burst: number;
  /** A second. */
  readonly rate: number;
}

export class Allowance {
  readonly #options: AllowanceOptions;
  #left: number;
  #since: number;

  /** `now` is in milliseconds, here and below. */
  constructor(options: AllowanceOptions, now: number) {
    this.#options = options;
    this.#left = options.burst;
    this.#since = now;
  }

  /** Adds to what is left, up to the burst. */
  earn(count: number): void {
    this.#left = Math.min(this.#options.burst, this.#left + count);
  }

  /** False where it is too much. */
  spend(now: number): boolean {
    this.earn(((now - this.#since) / 1_000) * this.#options.rate);
    this.#since = now;
    this.#left -= 1;
    return this.#left >= 0;
  }
}
