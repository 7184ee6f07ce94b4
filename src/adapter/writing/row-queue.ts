/** Who writes a row: within this process one after the other, in the order they came. Racing each other they would mostly try again. */

import { TransientMap } from "../../containers/transient-map.ts";
import type { Call } from "../../model/call.ts";
import { NotSent } from "../adapter.ts";

export class RowQueue {
  readonly #last = new TransientMap<string, Promise<void>>();
  #waiting = 0;

  /** Writes that wait for another of their row. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Runs `work` when those before it are done. A call that ends while it waits rejects with NotSent, in the same turn. */
  async run<Result>(row: string, call: Call, work: () => Promise<Result>): Promise<Result> {
    const before = this.#last.get(row);
    const done = Promise.withResolvers<void>();
    // A place that is given up stays in the row until those before it are done.
    const mine = before ? before.then(() => done.promise) : done.promise;
    this.#last.set(row, mine);
    void mine.then(() => {
      if (this.#last.get(row) === mine) this.#last.delete(row);
    });
    try {
      if (before) await this.#wait(before, call);
      if (call.aborted) throw new NotSent("the call ended before its write was sent");
      return await work();
    } finally {
      done.resolve();
    }
  }

  async #wait(before: Promise<void>, call: Call): Promise<void> {
    this.#waiting += 1;
    const ended = Promise.withResolvers<never>();
    const off = call.onAbort(() => ended.reject(new NotSent("the call ended while it waited for the row")));
    try {
      await Promise.race([before, ended.promise]);
    } finally {
      off();
      this.#waiting -= 1;
    }
  }
}
