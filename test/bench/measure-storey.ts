/** One storey in a process of its own, so that none runs code that another has heated: opened, measured, told to the parent. */

import { memoryOf, cpuOf, type Memory } from "./process-cost.ts";
import { inputsOf } from "./database.ts";
import { drive, type Measured } from "./drive.ts";
import { FLIGHTS, type StoreyName } from "./options.ts";
import type { OpenStorey, OperationName, Storey } from "./storey.ts";
import { openAdapter } from "./storeys/adapter.ts";
import { openFloor } from "./storeys/floor.ts";
import { openGrouped } from "./storeys/grouped.ts";
import { openLoopback, openUnix } from "./storeys/grpc.ts";
import { openRaw } from "./storeys/raw.ts";
import { openRepositoryStorey } from "./storeys/repository.ts";
import { openService } from "./storeys/service.ts";

/** What the parent says, as JSON in the only argument. */
export interface StoreyTask {
  readonly name: StoreyName;
  /** A copy of the database, for this storey alone. */
  readonly file: string;
  readonly operations: readonly OperationName[];
  /** Milliseconds. */
  readonly warm: number;
  readonly measured: number;
}

export interface Cell extends Measured {
  readonly storey: StoreyName;
  readonly operation: OperationName;
  readonly flights: number;
}

export interface StoreyResult {
  readonly cells: readonly Cell[];
  /** Of the serving process: before the first call, and after the last. */
  readonly memory: { readonly idle: Memory; readonly loaded: Memory };
}

const OPENERS: { readonly [name in StoreyName]: OpenStorey } = {
  raw: openRaw,
  grouped: openGrouped,
  adapter: openAdapter,
  repository: openRepositoryStorey,
  service: openService,
  floor: openFloor,
  grpc: openLoopback,
  unix: openUnix,
};

/** A server has most of its code compiled after some ten thousand calls: many at once, for so many times the usual warm-up. */
const HEATING_FLIGHTS = 64;
const HEATING = 8;

/** Milliseconds after the start until what starting needed has been let go. */
const SETTLING = 1_000;

if (process.send) {
  const task: StoreyTask = JSON.parse(process.argv[2] ?? "");
  process.send(await measure(task), () => process.disconnect());
}

async function measure({ name, file, operations, warm, measured }: StoreyTask): Promise<StoreyResult> {
  const storey = await OPENERS[name](file, await inputsOf(file));
  const { server } = storey;
  if (server !== undefined) await new Promise((resolve) => setTimeout(resolve, SETTLING));
  const idle = memoryOf(server ?? process.pid);
  const serverCpu = server === undefined ? undefined : (): number => cpuOf(server);
  const cells: Cell[] = [];
  for (const { operation, once } of operationsOf(storey, operations)) {
    await drive({ once, flights: HEATING_FLIGHTS, warm: 0, measured: HEATING * warm, serverCpu });
    for (const flights of name === "raw" ? [1] : FLIGHTS) {
      const figures = await drive({ once, flights, warm, measured, serverCpu });
      cells.push({ storey: name, operation, flights, ...figures });
    }
  }
  const loaded = memoryOf(server ?? process.pid);
  await storey.close();
  return { cells, memory: { idle, loaded } };
}

function operationsOf({ operations }: Storey, asked: readonly OperationName[]) {
  return asked.flatMap((operation) => {
    const once = operations[operation];
    return once ? [{ operation, once }] : [];
  });
}
