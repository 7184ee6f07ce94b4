/** Removes what has expired, in the background, in steps between which writes go ahead. */

import type { OpenOptions } from "../adapter.ts";
import type { WriteQueue } from "./queue.ts";

/** Most rows of one table in one step. */
const STEP = 200;

/** Sweeps every `interval` milliseconds; the returned function ends it. The timer keeps no process alive. */
export function startSweeper(queue: WriteQueue, { clock, log, store }: OpenOptions, interval: number): () => void {
  let isSweeping = false;
  let isStopped = false;
  const sweep = async (): Promise<void> => {
    isSweeping = true;
    try {
      for (let more = true; more && !isStopped;) {
        const answer = await queue.submit({ kind: "sweep", now: clock.now(), limit: STEP });
        more = answer.kind === "sweep" && answer.more;
      }
    } catch {
      if (!isStopped) log.warn({ store }, "expired rows could not be swept; it is tried again later");
    } finally {
      isSweeping = false;
    }
  };
  const timer = setInterval(() => {
    if (!isSweeping) void sweep(); // never rejects
  }, interval);
  timer.unref();
  return () => {
    isStopped = true;
    clearInterval(timer);
  };
}
