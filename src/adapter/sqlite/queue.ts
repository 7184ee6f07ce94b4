/**
 * Writes on their way to the writer. While a group is being committed the next one gathers; then all of it goes at once,
 * so that one sync to disk serves many writes.
 */

import { setImmediate as setTurn } from "node:timers/promises";
import type { Call } from "../../model/call.ts";
import { Fault } from "../../model/fault.ts";
import { NotSent } from "../adapter.ts";
import type { Answer, Job } from "./job.ts";
import type { GroupRunner } from "./thread.ts";

export interface WriteQueue {
  /** Rejects with what the job failed with. A call that aborts before its job is sent is never executed, and rejects with NotSent. */
  submit(job: Job, call?: Call): Promise<Exclude<Answer, { kind: "failed" }>>;
  /** Sends nothing until the answered function is called; resolves once nothing runs. Waits behind writes that wait already. */
  hold(): Promise<() => void>;
  /** Whether nothing waits and nothing runs. */
  readonly idle: boolean;
  stats(): GroupStats;
  /** Waits for what is queued. Afterwards nothing is taken. */
  drain(): Promise<void>;
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

type Success = Exclude<Answer, { kind: "failed" }>;

interface Waiting {
  readonly job: Job;
  readonly weight: number;
  readonly resolve: (answer: Success) => void;
  readonly reject: (error: unknown) => void;
  release: () => void;
}

export function createWriteQueue(
  runner: GroupRunner,
  limits: QueueLimits,
  observer: GroupObserver = NOBODY,
): WriteQueue {
  return new GatheringQueue(runner, limits, observer);
}

class GatheringQueue implements WriteQueue {
  readonly #runner: GroupRunner;
  readonly #limits: QueueLimits;
  readonly #observer: GroupObserver;
  /** In the order they came. */
  readonly #waiting = new Set<Waiting>();
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

  constructor(runner: GroupRunner, limits: QueueLimits, observer: GroupObserver) {
    this.#runner = runner;
    this.#limits = limits;
    this.#observer = observer;
  }

  get idle(): boolean {
    return this.#waiting.size === 0 && !this.#isRunning;
  }

  submit(job: Job, call?: Call): Promise<Success> {
    if (this.#isClosed)
      return Promise.reject(new Fault("DRAINING", "the store is being closed", { retryAfter: 1_000 }));
    const weight = weightOf(job);
    if (this.#weight > 0 && this.#weight + weight > this.#limits.waiting) {
      return Promise.reject(
        new Fault("QUEUE_FULL", `${this.#weight} writes are waiting already; ask again later`, { retryAfter: 100 }),
      );
    }
    const { promise, resolve, reject } = Promise.withResolvers<Success>();
    const entry: Waiting = { job, weight, resolve, reject, release: () => {} };
    this.#waiting.add(entry);
    this.#weight += weight;
    if (call) entry.release = call.onAbort(() => this.#drop(entry));
    this.#schedule();
    return promise;
  }

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
        for (const answer of answers) if (answer.kind === "failed") this.#observer.onFailure(answer.error);
        this.#observer.onGroup(answers.filter(({ kind }) => kind !== "failed").length);
      } catch (error) {
        for (const entry of group) entry.reject(error);
      }
      this.#isRunning = false;
    }
    if (this.#waiting.size > 0) this.#schedule();
    else for (const resolve of this.#onIdle.splice(0)) resolve();
  }

  #take(): readonly Waiting[] {
    const group: Waiting[] = [];
    let weight = 0;
    for (const entry of this.#waiting) {
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
  #drop(entry: Waiting): void {
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

function settle(entry: Waiting, answer: Answer | undefined): void {
  if (!answer) entry.reject(new Error("the writer left a job unanswered"));
  else if (answer.kind === "failed") entry.reject(answer.error);
  else entry.resolve(answer);
}

function weightOf(job: Job): number {
  if (job.kind === "write") return Math.max(job.mutations.length, 1);
  return job.kind === "execute" ? Math.max(job.steps.length, 1) : 1;
}
