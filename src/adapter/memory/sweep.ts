/** One step of the sweep: expired rows and forgotten request_ids. */

import type { SweepStep } from "../runtime/sweeper.ts";
import type { Core } from "./core.ts";
import { turn } from "./pace.ts";
import type { RequestLog } from "./request-log.ts";
import type { Table } from "./table.ts";

/** Milliseconds between two sweeps; no read depends on them. */
export const SWEEP_INTERVAL = 30_000;
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

/** Steps with turns of the event loop between them. */
export function sweepStepOf({
  tables,
  writes,
  executions,
  gate,
}: Pick<Core, "tables" | "writes" | "executions" | "gate">): SweepStep {
  return async (now) => {
    await turn();
    await gate.pass(); // a row that expires while a page is put together is on it, or not
    return sweepStep([...tables.values()], [writes, executions], now, MOST_IN_STEP);
  };
}
