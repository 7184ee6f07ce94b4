/** Counting along a plan, in statements that each are short. */

import type { Call } from "../../../model/call.ts";
import { Fault } from "../../../model/fault.ts";
import type { CountOptions } from "../../adapter.ts";
import { pacer } from "../../runtime/pacer.ts";
import type { Plan } from "../../plan.ts";
import { countBounded, inSnapshot, MOST_EXAMINED, readerOf } from "./bounded-statement.ts";
import type { Connection } from "../connection.ts";
import { preparePlan } from "../../sql/prepared-plan.ts";
import type { ScanSource } from "./scan.ts";
import type { Table } from "../../sql/table.ts";

/** Milliseconds of work between two pauses. */
const TURN = 1;

/** Rows that are there throughout are counted once; those that come or go meanwhile may or may not be. */
export async function countWithPauses(
  source: ScanSource,
  table: Table,
  plan: Plan,
  options: CountOptions,
  call: Call,
): Promise<number> {
  const steps = countSteps(source, table, plan, options);
  const turn = (): IteratorResult<number, number> => {
    if (call.aborted) throw new Fault("CANCELLED", "the caller no longer waits");
    return oneTurn(steps);
  };
  let step = await pacer.run("begin", turn);
  while (!step.done) step = await pacer.run("continue", turn);
  return step.value;
}

function oneTurn(steps: Generator<number, number>): IteratorResult<number, number> {
  const started = performance.now();
  for (;;) {
    const step = steps.next();
    if (step.done || performance.now() - started >= TURN) return step;
  }
}

/** Most rows that a Count in a transaction of writes may look at: about a tenth of a second in which nobody else can write. */
export const MOST_COUNTED = 100_000;

/** In one go, inside a transaction that is open; undefined where more rows than `MOST_COUNTED` would have to be looked at. */
export function countAtOnce(
  connection: Connection,
  table: Table,
  plan: Plan,
  options: CountOptions,
): number | undefined {
  const steps = countSteps({ connection: () => connection, shared: true }, table, plan, options);
  let examined = 0;
  while (examined <= MOST_COUNTED) {
    const step = steps.next();
    if (step.done) return step.value;
    examined += step.value;
  }
  return undefined;
}

/** Yields how many rows it has looked at since the last time. */
function* countSteps(source: ScanSource, table: Table, plan: Plan, options: CountOptions): Generator<number, number> {
  const path = preparePlan(table, plan, [], options.visible);
  const limit = options.limit ?? Infinity;
  let count = 0;
  let examine = options.limit === undefined ? 256 : 64;
  for (const range of path.ranges) {
    const reader = readerOf(path, range, undefined);
    while (reader.pending.length > 0) {
      const started = performance.now();
      const connection = source.connection();
      const examined = examine;
      const step = (): number => countBounded(connection, path, reader, examined);
      count += source.shared ? step() : inSnapshot(connection, step);
      if (count >= limit) return limit;
      const took = performance.now() - started;
      if (took < TURN / 4) examine = Math.min(examine * 2, MOST_EXAMINED);
      else if (took > TURN) examine = Math.max(Math.floor((examine * TURN) / took), 64);
      yield examined;
    }
  }
  return count;
}
