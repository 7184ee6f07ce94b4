/** One stage in a process of its own, so that none runs code that another has heated: opened, measured, told to the parent. */

import { memoryOf, cpuOf, cpuOfFamily, type Memory } from "./process-cost.ts";
import { inputsOf, isKeyValue, isServer } from "./database.ts";
import type { Collections } from "./collections.ts";
import { drive, type Measured } from "./drive.ts";
import { FLIGHTS, SERVED, type StageName, type Transport } from "./options.ts";
import type { OpenStage, OperationName, Serving, Stage } from "./stage.ts";
import { openAdapter } from "./stages/adapter.ts";
import { openGathered, openPipelined, openPool } from "./stages/driver.ts";
import { openEcho, openFloor, openNghttpd } from "./stages/floor.ts";
import { openGrouped } from "./stages/grouped.ts";
import { openLoopback, openUnix } from "./stages/grpc.ts";
import { openRaw } from "./stages/raw.ts";
import { openRawDriver } from "./stages/raw-driver.ts";
import { openRawKeyValue } from "./stages/raw-key-value.ts";
import { openRepositoryStage } from "./stages/repository.ts";
import { openService } from "./stages/service.ts";

/** What the parent says, as JSON in the only argument. */
export interface StageTask extends Serving {
  readonly name: StageName;
  /** A copy of the database, for this stage alone. */
  readonly file: string;
  /** The SQLite file with the same orders that says what to ask for, where `file` is of another kind. */
  readonly inputs?: string;
  /** The process of the database, where it is one. */
  readonly database?: number;
  readonly operations: readonly OperationName[];
  /** Calls in flight; the usual where it is left out. */
  readonly flights?: readonly number[];
  /** Milliseconds. */
  readonly warm: number;
  readonly measured: number;
}

export interface Cell extends Measured {
  readonly stage: StageName;
  /** Of a stage that is measured on each. */
  readonly transport: Transport | undefined;
  readonly operation: OperationName;
  readonly flights: number;
}

export interface StageResult {
  readonly stage: StageName;
  readonly transport: Transport | undefined;
  readonly cells: readonly Cell[];
  /** Of the serving process: before the first call, and after the last. */
  readonly memory: { readonly idle: Memory; readonly loaded: Memory };
  /** Of the serving process between these two, where it is another one, and on V8. */
  readonly collections: Collections | undefined;
}

const OPENERS: { readonly [name in StageName]: OpenStage } = {
  raw: openRaw,
  grouped: openGrouped,
  adapter: openAdapter,
  repository: openRepositoryStage,
  service: openService,
  nghttpd: openNghttpd,
  floor: openFloor,
  echo: openEcho,
  grpc: openLoopback,
  unix: openUnix,
  pool: openPool,
  pipelined: openPipelined,
  gathered: openGathered,
};

function openerFor(name: StageName, file: string): OpenStage {
  if (name !== "raw") return OPENERS[name];
  return isKeyValue(file) ? openRawKeyValue : isServer(file) ? openRawDriver : openRaw;
}

/** A server has most of its code compiled after some ten thousand calls: many at once, for so many times the usual warm-up. */
const HEATING_FLIGHTS = 64;
const HEATING = 8;

/** Milliseconds after the start until what starting needed has been let go. */
const SETTLING = 1_000;

if (process.send) {
  const task: StageTask = JSON.parse(process.argv[2] ?? "");
  process.send(await measure(task), () => process.disconnect());
}

async function measure(task: StageTask): Promise<StageResult> {
  const { name, file, inputs, operations, warm, measured, database } = task;
  const stage = await openerFor(name, file)(file, await inputsOf(inputs ?? file), task);
  const transport = SERVED.has(name) ? task.transport : undefined;
  const { server } = stage;
  if (server !== undefined) await new Promise((resolve) => setTimeout(resolve, SETTLING));
  stage.collections?.restart();
  const idle = memoryOf(server ?? process.pid);
  const serverCpu = server === undefined ? undefined : (): number => cpuOf(server);
  const databaseCpu = database === undefined ? undefined : (): number => cpuOfFamily(database);
  const cpu = { serverCpu, databaseCpu };
  const cells: Cell[] = [];
  for (const { operation, once } of operationsOf(stage, operations)) {
    const heating = Math.min(HEATING_FLIGHTS, Math.max(...(task.flights ?? FLIGHTS)));
    await drive({ once, flights: heating, warm: 0, measured: HEATING * warm, ...cpu });
    for (const flights of task.flights ?? (name === "raw" ? [1] : FLIGHTS)) {
      const figures = await drive({ once, flights, warm, measured, ...cpu });
      cells.push({ stage: name, transport, operation, flights, ...figures });
    }
  }
  const loaded = memoryOf(server ?? process.pid);
  const collections = stage.collections?.counted;
  await stage.close();
  return { stage: name, transport, cells, memory: { idle, loaded }, collections };
}

function operationsOf({ operations }: Stage, asked: readonly OperationName[]) {
  return asked.flatMap((operation) => {
    const once = operations[operation];
    return once ? [{ operation, once }] : [];
  });
}
