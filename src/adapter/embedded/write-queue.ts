/**
 * Writes on their way to the writer. While a group is being committed the next one gathers; then all of it goes at once,
 * so that one sync to disk serves many writes.
 */

import { setImmediate as setTurn } from "node:timers/promises";
import { TransientSet } from "../../containers/transient-set.ts";
import type { Call } from "../../model/call.ts";
import { Fault } from "../../model/fault.ts";
import { NotSent, type Gauges } from "../adapter.ts";

/** What a runner says of a job that failed as a whole; its other answers are the store's own. */
export interface FailedAnswer {
  readonly kind: "failed";
  readonly error: unknown;
}

/** Runs one group at a time; the next may be asked for once the last is answered. */
export interface QueueRunner<Job, Answer> {
  /** Answers jobs[i] at [i]. */
  run(jobs: readonly Job[]): Promise<readonly (Answer | FailedAnswer)[]>;
}

/** Counted since the start; for gauges and tests. */
export interface GroupStats {
  readonly groups: number;
  /** Jobs in them: single writes, batches, transactions. */
  readonly jobs: number;
  readonly largest: number;
  /** groups of 1, up to 2, 4, 8 … 512 jobs. */
  readonly sizes: readonly number[];
  readonly waiting: number;
}

export interface QueueLimits {
  /** Most mutations that wait. */
  readonly waiting: number;
  /** Most mutations of one group; a single larger job goes alone. */
  readonly group: number;
}

export interface GroupObserver {
  /** How many jobs of a group are on disk, once the writer has answered it. */
  onGroup(jobs: number): void;
  /** What a job failed with as a whole. */
  onFailure(error: unknown): void;
}

const NOBODY: GroupObserver = { onGroup: () => {}, onFailure: () => {} };

interface Waiting<Job, Answer> {
  readonly job: Job;
  readonly weight: number;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
  release: () => void;
}

/** @typeParam Answer without what says that a job failed */
export class WriteQueue<Job, Answer extends { readonly kind: string }> {
  readonly #runner: QueueRunner<Job, Answer>;
  readonly #weightOf: (job: Job) => number;
  readonly #limits: QueueLimits;
  readonly #observer: GroupObserver;
  /** In the order they came. */
  readonly #waiting = new TransientSet<Waiting<Job, Answer>>();
  #weight = 0;
  #isRunning = false;
  #isScheduled = false;
  #holds = 0;
  #isClosed = false;
  #onIdle: (() => void)[] = [];
  #groups = 0;
  #jobs = 0;
  #largest = 0;
  readonly #sizes: number[] = Array.from({ length: 10 }, () => 0);

  /** @param weightOf how many mutations a job counts as; at least 1 */
  constructor(
    runner: QueueRunner<Job, Answer>,
    weightOf: (job: Job) => number,
    limits: QueueLimits,
    observer: GroupObserver = NOBODY,
  ) {
    this.#runner = runner;
    this.#weightOf = weightOf;
    this.#limits = limits;
    this.#observer = observer;
  }

  /** Whether nothing waits and nothing runs. */
  get idle(): boolean {
    return this.#waiting.size === 0 && !this.#isRunning;
  }

  /** Rejects with what the job failed with. A call that aborts before its job is sent is never executed, and rejects with NotSent. */
  submit(job: Job, call?: Call): Promise<Answer> {
    if (this.#isClosed)
      return Promise.reject(new Fault("DRAINING", "the store is being closed", { retryAfter: 1_000 }));
    const weight = Math.max(this.#weightOf(job), 1);
    if (this.#weight > 0 && this.#weight + weight > this.#limits.waiting) {
      return Promise.reject(
        new Fault("QUEUE_FULL", `${this.#weight} writes are waiting already; ask again later`, { retryAfter: 100 }),
      );
    }
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const entry: Waiting<Job, Answer> = { job, weight, resolve, reject, release: () => {} };
    this.#waiting.add(entry);
    this.#weight += weight;
    if (call) entry.release = call.onAbort(() => this.#drop(entry));
    this.#schedule();
    return promise;
  }

  /** Sends nothing until the answered function is called; resolves once nothing runs. Waits behind writes that wait already. */
  async hold(): Promise<() => void> {
    while (this.#isRunning || this.#waiting.size > 0) await setTurn();
    this.#holds += 1;
    return () => {
      this.#holds -= 1;
      if (this.#waiting.size > 0) this.#schedule();
    };
  }

  stats(): GroupStats {
    return {
      groups: this.#groups,
      jobs: this.#jobs,
      largest: this.#largest,
      sizes: [...this.#sizes],
      waiting: this.#waiting.size,
    };
  }

  /** Waits for what is queued. Afterwards nothing is taken. */
  async drain(): Promise<void> {
    this.#isClosed = true;
    if (this.idle) return;
    await new Promise<void>((resolve) => this.#onIdle.push(resolve));
  }

  /** Once all that became ready in this turn of the event loop has been submitted. */
  #schedule(): void {
    if (this.#isRunning || this.#isScheduled || this.#holds > 0) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      void this.#send(); // never rejects
    });
  }

  async #send(): Promise<void> {
    if (this.#holds > 0) return;
    const group = this.#take();
    if (group.length > 0) {
      this.#isRunning = true;
      this.#observe(group.length);
      try {
        const answers = await this.#runner.run(group.map((entry) => entry.job));
        group.forEach((entry, i) => settle(entry, answers[i]));
        for (const answer of answers) if (isFailed(answer)) this.#observer.onFailure(answer.error);
        this.#observer.onGroup(answers.filter(({ kind }) => kind !== "failed").length);
      } catch (error) {
        for (const entry of group) entry.reject(error);
      }
      this.#isRunning = false;
    }
    if (this.#waiting.size > 0) this.#schedule();
    else for (const resolve of this.#onIdle.splice(0)) resolve();
  }

  #take(): readonly Waiting<Job, Answer>[] {
    const group: Waiting<Job, Answer>[] = [];
    let weight = 0;
    for (let entry = this.#waiting.first; entry; entry = this.#waiting.first) {
      if (weight > 0 && weight + entry.weight > this.#limits.group) break;
      this.#waiting.delete(entry);
      weight += entry.weight;
      this.#weight -= entry.weight;
      entry.release();
      group.push(entry);
    }
    return group;
  }

  /** Nothing of it is kept, however long the group lasts that runs now. */
  #drop(entry: Waiting<Job, Answer>): void {
    if (!this.#waiting.delete(entry)) return;
    this.#weight -= entry.weight;
    entry.reject(new NotSent("the call ended while its write was waiting"));
  }

  #observe(size: number): void {
    this.#groups += 1;
    this.#jobs += size;
    this.#largest = Math.max(this.#largest, size);
    const bucket = Math.min(Math.ceil(Math.log2(size)), this.#sizes.length - 1);
    this.#sizes[bucket] = (this.#sizes[bucket] ?? 0) + 1;
  }
}

function settle<Job, Answer extends { readonly kind: string }>(
  entry: Waiting<Job, Answer>,
  answer: Answer | FailedAnswer | undefined,
): void {
  if (!answer) entry.reject(new Error("the writer left a job unanswered"));
  else if (isFailed(answer)) entry.reject(answer.error);
  else entry.resolve(answer);
}

function isFailed(answer: { readonly kind: string }): answer is FailedAnswer {
  return answer.kind === "failed";
}

/** The last of the sizes holds everything above the one before. */
export function gaugesOf({ waiting, sizes, jobs }: GroupStats): Gauges {
  const bounds = sizes.slice(0, -1).map((_, power) => 2 ** power);
  return { waiting, commitGroups: { bounds, counts: sizes, sum: jobs } };
}
