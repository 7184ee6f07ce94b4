/** One step of the sweep: what the writer is asked. */

import type { SweepStep } from "../../runtime/sweeper.ts";
import type { JobQueue } from "./job.ts";

/** Most rows of one table in one step. */
const STEP = 200;

/** Steps queue with the writes, so that those go ahead in between. */
export function sweepStepOf(queue: JobQueue): SweepStep {
  return async (now) => {
    const answer = await queue.submit({ kind: "sweep", now, limit: STEP });
    return answer.kind === "sweep" && answer.more;
  };
}
