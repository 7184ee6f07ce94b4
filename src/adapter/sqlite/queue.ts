/** The queue of this store's writes. */

import {
  createWriteQueue as createQueue,
  type GroupObserver,
  type GroupStats,
  type QueueLimits,
  type QueueRunner,
  type WriteQueue as Queue,
} from "../embedded/write-queue.ts";
import type { Answer, Job } from "./job.ts";

export type { GroupStats };

type Success = Exclude<Answer, { kind: "failed" }>;

export type WriteQueue = Queue<Job, Success>;

export function createWriteQueue(
  runner: QueueRunner<Job, Success>,
  limits: QueueLimits,
  observer?: GroupObserver,
): WriteQueue {
  return createQueue(runner, weightOf, limits, observer);
}

function weightOf(job: Job): number {
  if (job.kind === "write") return job.mutations.length;
  return job.kind === "execute" ? job.steps.length : 1;
}
