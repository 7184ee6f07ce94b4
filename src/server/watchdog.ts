/**
 * Ends a process whose event loop is blocked. Such a process answers no probe and no signal; a thread of its own notices, says where the loop
 * hangs, and ends it with a status of its own, so that whoever started it starts it again.
 */

import { writeSync } from "node:fs";
import { url as debuggerUrl } from "node:inspector";
import { startWorker } from "../start-worker.ts";
import { workerUrl } from "../worker-url.ts";
import type { WatchdogData } from "./watchdog-data.ts";

/** Exit status of a process that the watchdog ended; no other reason has it. */
export const STUCK = 86;

export interface WatchdogOptions {
  /** Milliseconds without a sign of life. */
  readonly timeout: number;
}

export interface Watchdog {
  stop(): Promise<void>;
}

const looks = 10; // at most this many in one timeout

/** Undefined where a debugger may hold the process for as long as somebody looks at it. */
export function startWatchdog({ timeout }: WatchdogOptions): Watchdog | undefined {
  if (debuggerUrl() !== undefined) return undefined;
  const interval = Math.min(1_000, Math.max(10, timeout / looks));
  const beats = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  const count = new Int32Array(beats);
  const timer = setInterval(() => Atomics.add(count, 0, 1), interval).unref();
  const workerData: WatchdogData = { beats, interval, patience: Math.ceil(timeout / interval), status: STUCK };
  const worker = startWorker(workerUrl(import.meta.url, "./watchdog-thread"), {
    workerData,
    name: "watchdog",
    resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2, stackSizeMb: 1 },
  });
  worker.unref();
  worker.on("error", (error) => writeSync(2, `pannier: the watchdog has ended: ${error.message}\n`)); // a process without a watchdog still serves
  return {
    stop: async () => {
      clearInterval(timer);
      await worker.terminate();
    },
  };
}
