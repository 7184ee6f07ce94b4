/** A decorator of an adapter: writes of one entity that are alike and ready at the same time share one write of several rows. */

import { TransientSet } from "../../containers/transient-set.ts";
import type { Call } from "../../model/call.ts";
import type { EntityModel } from "../../model/entity.ts";
import { keyText } from "../../model/key.ts";
import { mergeCalls } from "../../model/merged-call.ts";
import type { Mutation } from "../../model/mutation.ts";
import { NotSent, type Adapter, type WriteOutcome, type WriteRequest, type WriteResult } from "../adapter.ts";
import { OutcomeTrimmer } from "../writing/trim-outcomes.ts";

/** How a store writes rows that share nothing but the statement. */
export interface SharedWrites<Row> {
  /** Undefined where the mutation is written by itself. */
  rowOf(mutation: Mutation): Shareable<Row> | undefined;
  /**
   * Outcomes by position; undefined is a row that is left open, and to which nothing was done. Where it rejects, that is what is
   * known of every row.
   *
   * @param rows of one key in the order in which they came
   */
  write(rows: readonly Row[], call: Call): Promise<readonly (WriteOutcome | undefined)[]>;
}

export interface Shareable<Row> {
  readonly row: Row;
  /** Rows of one entity and one kind can share. */
  readonly kind: string;
  /** Whether one write can have several rows of its key. */
  readonly repeats: boolean;
}

export interface GatherOptions {
  /** Rows of one write. */
  readonly most: number;
  /** Shared writes of one entity under way; whoever comes then shares the next. */
  readonly atOnce: number;
}

/** Rows that a write is not cut below. */
const WORTH_A_WRITE = 16;

interface Shared<Row> extends Shareable<Row> {
  readonly key: string;
}

interface Waiting<Row> extends Shared<Row> {
  readonly request: WriteRequest;
  readonly call: Call;
  readonly resolve: (result: WriteResult) => void;
  readonly reject: (error: unknown) => void;
  /** Stops waiting for the end of the call. */
  off: () => void;
}

/**
 * Works below the guard, which settles each caller when its own call ends, while the write goes on for the others. A caller alone waits for
 * the end of the turn of the event loop and is written by itself. Whatever a shared write leaves open is written by itself
 * too, under its caller's own call. A key is in one write at a time, in the order in which its writes came.
 */
export function gatherWrites<Row>(inner: Adapter, shared: SharedWrites<Row>, options: GatherOptions): Adapter {
  const queues = new Map<EntityModel, Queue<Row>>();
  return {
    ...inner,
    write: (request, call) => {
      const { mutations, request: recorded, images, derive } = request;
      const [mutation, another] = mutations;
      const isPlain = mutation && !another && !recorded && !images && !derive;
      const found = isPlain ? shared.rowOf(mutation) : undefined;
      if (!mutation || !found) return inner.write(request, call);
      let queue = queues.get(mutation.entity);
      if (!queue) queues.set(mutation.entity, (queue = new Queue(inner, shared, options)));
      return queue.write(request, call, { key: keyText(mutation.key), ...found });
    },
  };
}

/** Writes of one entity. */
class Queue<Row> {
  readonly #inner: Adapter;
  readonly #shared: SharedWrites<Row>;
  readonly #options: GatherOptions;
  #waiting: Waiting<Row>[] = [];
  /** Keys of writes under way. */
  readonly #busy = new TransientSet<string>();
  #running = 0;
  #isDue = false;

  constructor(inner: Adapter, shared: SharedWrites<Row>, options: GatherOptions) {
    this.#inner = inner;
    this.#shared = shared;
    this.#options = options;
  }

  write(request: WriteRequest, call: Call, { key, kind, row, repeats }: Shared<Row>): Promise<WriteResult> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting<Row> = { request, call, key, kind, row, repeats, resolve, reject, off: () => {} };
      this.#waiting.push(waiting);
      waiting.off = call.onAbort(() => {
        const at = this.#waiting.indexOf(waiting);
        if (at < 0) return;
        this.#waiting.splice(at, 1);
        reject(new NotSent("the call ended before its write was sent"));
      });
      this.#sendSoon();
    });
  }

  #sendSoon(): void {
    if (this.#isDue || this.#waiting.length === 0) return;
    this.#isDue = true;
    setImmediate(() => {
      this.#isDue = false;
      this.#send();
    });
  }

  #send(): void {
    while (this.#running < this.#options.atOnce) {
      const [first, ...others] = this.#take(this.#share());
      if (!first) return;
      void (others.length === 0 ? this.#alone([first]) : this.#together([first, ...others]));
    }
  }

  /**
   * Rows of the next write. Many that wait are cut into as many writes as may be under way: callers who were answered together come back
   * together, and in one write they would keep the store waiting for this process, and this process for the store.
   */
  #share(): number {
    const { most, atOnce } = this.#options;
    const waiting = this.#waiting.length;
    const parts = Math.max(Math.min(atOnce - this.#running, Math.floor(waiting / WORTH_A_WRITE)), 1);
    return Math.min(Math.ceil(waiting / parts), most);
  }

  /** The next that can share, first come first. */
  #take(most: number): readonly Waiting<Row>[] {
    const taken: Waiting<Row>[] = [];
    const left: Waiting<Row>[] = [];
    const [before, kept] = [new Set<string>(), new Set<string>()]; // keys that have a write which goes first, in this one or later
    for (const waiting of this.#waiting) {
      const { key, kind, repeats } = waiting;
      const isAlike = taken.length === 0 || taken[0]?.kind === kind;
      const isFree = !kept.has(key) && !this.#busy.has(key) && (repeats || !before.has(key));
      if (isAlike && isFree && taken.length < most) {
        taken.push(waiting);
        before.add(key);
      } else {
        left.push(waiting);
        kept.add(key);
      }
    }
    this.#waiting = left;
    for (const { key, off } of taken) {
      off();
      this.#busy.add(key);
    }
    return taken;
  }

  /** @param writes of one key. Never rejects. */
  async #alone(writes: readonly Waiting<Row>[]): Promise<void> {
    for (const { request, call, resolve, reject } of writes)
      await this.#inner.write(request, call).then(resolve, reject);
    for (const { key } of writes) this.#busy.delete(key);
    this.#sendSoon();
  }

  /** Never rejects. */
  async #together(group: readonly [Waiting<Row>, ...Waiting<Row>[]]): Promise<void> {
    const [first, ...others] = group;
    const merged = mergeCalls([first.call, ...others.map(({ call }) => call)]);
    this.#running += 1;
    const rows = group.map(({ row }) => row);
    const settled = await this.#shared.write(rows, merged.call).then(
      (outcomes) => ({ outcomes }),
      (error: unknown) => ({ error }),
    );
    merged.finish();
    this.#running -= 1;
    const open = new Map<string, Waiting<Row>[]>();
    for (const [i, waiting] of group.entries()) {
      const { key, request, resolve, reject } = waiting;
      this.#busy.delete(key);
      const outcome = "error" in settled ? undefined : settled.outcomes[i];
      if ("error" in settled) reject(settled.error);
      else if (outcome) resolve(resultOf(request, outcome));
      else if (open.get(key)?.push(waiting) === undefined) open.set(key, [waiting]);
    }
    for (const [key, left] of open) {
      this.#busy.add(key);
      void this.#alone(left);
    }
    this.#sendSoon();
  }
}

/** What the caller asked to see of it. */
function resultOf({ mutations: [mutation], returning, trim }: WriteRequest, outcome: WriteOutcome): WriteResult {
  if (returning || outcome.status !== "applied")
    return { kind: "fresh", outcomes: [trim ? new OutcomeTrimmer(trim).next(outcome, mutation?.entity) : outcome] };
  const { record: _, ...rest } = outcome;
  return { kind: "fresh", outcomes: [rest] };
}
