/** Takes away expired rows and forgotten request_ids in the background, in bounded steps. */

import type { Clock } from "../../model/clock.ts";
import type { Core } from "./core.ts";
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
export function startSweeper(core: Pick<Core, "tables" | "writes" | "executions" | "gate">, clock: Clock): () => void {
  const tables = [...core.tables.values()];
  const logs = [core.writes, core.executions];
  let stopped = false;
  const step = async (): Promise<void> => {
    await core.gate.pass(); // a row that expires while a page is put together is on it, or not
    if (!stopped && sweepStep(tables, logs, clock.now(), MOST_IN_STEP)) setImmediate(() => void step()).unref();
  };
  const timer = setInterval(() => void step(), PERIOD).unref();
  return () => {
    stopped = true;
    clearInterval(timer);
  };
}
