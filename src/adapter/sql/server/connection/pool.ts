/**
 * Connections that are lent to one piece of work at a time. One that comes back with a transaction, an answer not read or a
 * cancel request under way is never lent again as it is: it is rolled back, or closed.
 */

import { TransientSet } from "../../../../containers/transient-set.ts";
import type { Call } from "../../../../model/call.ts";
import { Fault } from "../../../../model/fault.ts";
import { NotSent, type Gauges } from "../../../adapter.ts";
import { NotConnected } from "../../../runtime/link-failure.ts";
import { beforeSending } from "./before-sending.ts";
import type { Link } from "./link.ts";
import { limitBy } from "./statement-limit.ts";

/** Times in milliseconds. */
export interface PoolOptions {
  /** Rejects with NotConnected. */
  readonly connect: () => Promise<Link>;
  /** Most connections. */
  readonly most: number;
  /** Most calls that wait for one. */
  readonly waiting: number;
  /** A connection that nobody used for so long is closed. */
  readonly idleTime: number;
  /** A connection is not lent any more after so long, give or take a tenth. */
  readonly lifetime: number;
  /** How long an abandoned statement may go on after the server was asked to give it up. */
  readonly grace: number;
  /** So many attempts to connect that fail in a row keep calls from trying, until a look at the server succeeds or the time is over. */
  readonly breaker: { readonly failures: number; readonly time: number };
}

interface Lent {
  readonly link: Link;
  /** When its making began: what it signed in with, and where, is of then. */
  readonly made: number;
  /** On the monotonic clock. */
  readonly until: number;
  since: number;
  /** A cancel request may still be on its way to it. */
  isCancelled: boolean;
}

interface Waiter {
  readonly resolve: (lent: Lent | undefined) => void;
  readonly reject: (error: Error) => void;
}

export class Pool {
  readonly #options: PoolOptions;
  /** Used last, lent first. */
  readonly #idle: Lent[] = [];
  readonly #waiting = new TransientSet<Waiter>();
  readonly #ends: (() => void)[] = [];
  readonly #timer: NodeJS.Timeout;
  #open = 0;
  #inUse = 0;
  #isClosed = false;
  #failures = 0;
  #closedUntil = -Infinity;
  /** Connections that are older are closed when they come back. */
  #renewed = -Infinity;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#sweep(), Math.max(options.idleTime / 2, 100)).unref();
  }

  /**
   * Runs `body` with a connection of its own. A call that aborts before there is one rejects with NotSent.
   *
   * @param force tries to connect although the breaker is open, and closes it when `body` is done
   */
  async use<Result>(call: Call, body: (link: Link) => Promise<Result>, force = false): Promise<Result> {
    const lent = await this.#take(call, force);
    limitBy(call, lent.link);
    let grace: NodeJS.Timeout | undefined;
    const off = call.onAbort(() => {
      lent.isCancelled = true;
      lent.link.cancel();
      grace = setTimeout(() => lent.link.end(), this.#options.grace);
    });
    try {
      const result = await body(lent.link);
      if (force) this.#letThrough(); // whichever connection it had
      return result;
    } finally {
      off();
      clearTimeout(grace);
      void this.#giveBack(lent); // never rejects
    }
  }

  gauges(): Gauges {
    const { most } = this.#options;
    return { waiting: this.#waiting.size, pool: { inUse: this.#inUse, idle: this.#idle.length, most } };
  }

  /** Lends none of the connections that are there any more: those that nobody uses are closed now, the others when they come back. */
  renew(): void {
    this.#renewed = performance.now();
    this.#purge();
  }

  #purge(): void {
    for (const { link } of this.#idle.splice(0)) this.#drop(link);
  }

  /** Waits for what runs. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    for (let waiter = this.#waiting.first; waiter; waiter = this.#waiting.first) {
      this.#waiting.delete(waiter);
      waiter.reject(new Fault("DRAINING", "the store is being closed", { retryAfter: 1_000 }));
    }
    this.#purge();
    if (this.#inUse > 0) await new Promise<void>((resolve) => this.#ends.push(resolve));
  }

  async #take(call: Call, force: boolean): Promise<Lent> {
    if (this.#isClosed) throw new Fault("DRAINING", "the store is being closed", { retryAfter: 1_000 });
    if (call.aborted) throw new NotSent("the call ended before its statement was sent");
    const idle = this.#reuse();
    if (idle) return idle;
    if (!force && performance.now() < this.#closedUntil) {
      this.#wake(); // whoever waits for room would learn of it from nobody else
      throw new NotConnected();
    }
    const { most, waiting } = this.#options;
    if (this.#open < most) return this.#connect(call);
    if (this.#waiting.size >= waiting)
      throw new Fault("QUEUE_FULL", `${waiting} calls wait for a connection already; ask again later`, {
        retryAfter: 100,
      });
    const lent = await this.#wait(call);
    return lent ?? this.#take(call, force); // there is room now
  }

  #reuse(): Lent | undefined {
    for (let lent = this.#idle.pop(); lent; lent = this.#idle.pop()) {
      if (lent.link.isLost() || performance.now() > lent.until) this.#drop(lent.link);
      else {
        this.#inUse += 1;
        return lent;
      }
    }
    return undefined;
  }

  /** Resolves to undefined where there is room for a connection of its own. */
  #wait(call: Call): Promise<Lent | undefined> {
    return new Promise((resolve, reject) => {
      let off = (): void => {};
      const waiter: Waiter = {
        resolve: (lent) => (off(), resolve(lent)),
        reject: (error) => (off(), reject(error)),
      };
      this.#waiting.add(waiter);
      off = call.onAbort(() => {
        if (this.#waiting.delete(waiter)) waiter.reject(new NotSent("the call ended while it waited for a connection"));
      });
    });
  }

  /** A connection that comes when its call has ended is for others. */
  async #connect(call: Call): Promise<Lent> {
    const making = this.#make();
    try {
      return await beforeSending(call, making);
    } catch (error) {
      if (error instanceof NotSent)
        void making.then(
          (lent) => this.#giveBack(lent),
          () => {},
        );
      throw error;
    }
  }

  async #make(): Promise<Lent> {
    this.#open += 1;
    this.#inUse += 1;
    const { connect, lifetime, breaker } = this.#options;
    const made = performance.now();
    try {
      const link = await connect();
      this.#letThrough();
      const now = performance.now();
      return { link, made, since: now, until: now + lifetime * (0.9 + Math.random() / 5), isCancelled: false };
    } catch (error) {
      this.#failures += 1;
      if (this.#failures >= breaker.failures) this.#closedUntil = performance.now() + breaker.time;
      this.#open -= 1;
      this.#left();
      throw error;
    }
  }

  #letThrough(): void {
    this.#failures = 0;
    this.#closedUntil = -Infinity;
  }

  async #giveBack(lent: Lent): Promise<void> {
    const { link } = lent;
    if (!lent.isCancelled && !link.isLost() && link.isInTransaction()) {
      const late = setTimeout(() => link.end(), this.#options.grace);
      await link.run({ text: "ROLLBACK", parameters: [] }).catch(() => link.end());
      clearTimeout(late);
    }
    const isClean = !lent.isCancelled && !link.isLost() && !link.isInTransaction() && lent.made > this.#renewed;
    if (!isClean || this.#isClosed || performance.now() > lent.until) this.#drop(link);
    else {
      lent.since = performance.now();
      const next = this.#waiting.first;
      if (next) {
        this.#waiting.delete(next);
        return next.resolve(lent);
      }
      this.#idle.push(lent);
    }
    this.#left();
  }

  #drop(link: Link): void {
    link.end();
    this.#open -= 1;
  }

  /** A piece of work is over, and took its connection with it or left it idle: whoever waits may have one of its own. */
  #left(): void {
    this.#inUse -= 1;
    if (this.#inUse === 0) for (const end of this.#ends.splice(0)) end();
    this.#wake();
  }

  /** Where there is room, the first who waits tries again. */
  #wake(): void {
    const next = this.#waiting.first;
    if (!next || this.#open >= this.#options.most) return;
    this.#waiting.delete(next);
    next.resolve(undefined);
  }

  #sweep(): void {
    const now = performance.now();
    for (let i = this.#idle.length - 1; i >= 0; i -= 1) {
      const lent = this.#idle[i];
      if (!lent || (!lent.link.isLost() && now - lent.since < this.#options.idleTime && now < lent.until)) continue;
      this.#idle.splice(i, 1);
      this.#drop(lent.link);
    }
  }
}
