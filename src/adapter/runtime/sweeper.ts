/** Removes what has expired, in the background, in steps between which writes go ahead. */

import type { OpenOptions } from "../opening.ts";

/** One bounded step; resolves to whether there may be more to remove. */
export type SweepStep = (now: bigint) => Promise<boolean>;

/** Sweeps every `interval` milliseconds; the returned function ends it. The timer keeps no process alive. */
export function startSweeper(
  step: SweepStep,
  { clock, log, store }: Pick<OpenOptions, "clock" | "log" | "store">,
  interval: number,
): () => void {
  let isSweeping = false;
  let isStopped = false;
  const sweep = async (): Promise<void> => {
    isSweeping = true;
    try {
      while (!isStopped && (await step(clock.now())));
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
