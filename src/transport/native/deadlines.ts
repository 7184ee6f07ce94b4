/** The deadlines of all calls on one timer: a wheel whose slots are looked at in turn, coarse and cheap. */

/** What waits in the wheel; its links are the wheel's alone. */
export interface Timed {
  /** On the clock of `performance.now()`. */
  readonly deadline: number;
  slot: number;
  earlier: Timed | undefined;
  later: Timed | undefined;
  expire(): void;
}

/** Milliseconds of a slot: a deadline is reported so much too late, at most. */
const tick = 8;
/** About eight seconds; what is due later is looked at once in each round. */
const slots = 1_024;
/** `slot` of what is in none. */
export const NO_SLOT = -1;

export class Deadlines {
  readonly #slots: (Timed | undefined)[] = Array.from({ length: slots }, () => undefined);
  #count = 0;
  /** The last tick that was looked at. */
  #at = Math.floor(performance.now() / tick);
  #timer: NodeJS.Timeout | undefined;
  readonly #turn = (): void => this.#advance();

  add(timed: Timed): void {
    if (timed.deadline === Infinity) return;
    const due = Math.max(this.#at + 1, Math.ceil(timed.deadline / tick));
    const slot = due % slots;
    const first = this.#slots[slot];
    timed.slot = slot;
    timed.later = first;
    if (first) first.earlier = timed;
    this.#slots[slot] = timed;
    this.#count += 1;
    if (!this.#timer) this.#arm();
  }

  delete(timed: Timed): void {
    if (timed.slot === NO_SLOT) return;
    if (timed.earlier) timed.earlier.later = timed.later;
    else this.#slots[timed.slot] = timed.later;
    if (timed.later) timed.later.earlier = timed.earlier;
    timed.earlier = undefined;
    timed.later = undefined;
    timed.slot = NO_SLOT;
    this.#count -= 1;
  }

  #arm(): void {
    this.#timer = setTimeout(this.#turn, tick).unref();
  }

  /** Looks at every slot since the last time; after a long pause at each of them once. */
  #advance(): void {
    this.#timer = undefined;
    const now = performance.now();
    const last = Math.floor(now / tick);
    for (let at = Math.max(this.#at + 1, last - slots + 1); at <= last; at++) this.#look(at % slots, now);
    this.#at = last;
    if (this.#count > 0) this.#arm();
  }

  #look(slot: number, now: number): void {
    const due: Timed[] = []; // expiring one may take others out
    for (let timed = this.#slots[slot]; timed; timed = timed.later) if (timed.deadline <= now) due.push(timed);
    for (const timed of due) {
      if (timed.slot === NO_SLOT) continue;
      this.delete(timed);
      timed.expire();
    }
  }
}
