/** Takes away expired rows and forgotten request_ids in the background, in bounded steps. */

import type { Clock } from "../../model/clock.ts";
import type { RequestLog } from "./request-log.ts";
import type { Table } from "./table.ts";

/** Milliseconds between two rounds; no read depends on it. */
const PERIOD = 30_000;
const MOST_IN_STEP = 1_000;

/** One step; answers whether more is to be done now. */
export function sweepStep(
  tables: readonly Table[],
  logs: readonly RequestLog<unknown>[],
  now: bigint,
  most: number,
): boolean {
  let left = most;
  for (const table of tables) {
    const expired = table.expired(now, left);
    for (const row of expired) table.replace(row, undefined);
    left -= expired.length;
  }
  for (const log of logs) left -= log.sweep(now, left);
  return left <= 0;
}

/** Runs until the answered function is called; does not keep the process alive. */
export function startSweeper(tables: readonly Table[], logs: readonly RequestLog<unknown>[], clock: Clock): () => void {
  let stopped = false;
  const step = (): void => {
    if (!stopped && sweepStep(tables, logs, clock.now(), MOST_IN_STEP)) setImmediate(step).unref();
  };
  const timer = setInterval(step, PERIOD).unref();
  return () => {
    stopped = true;
    clearInterval(timer);
  };
}
