/** How long the sidecar takes to serve: with nothing there yet, and with what the start before left. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { cpuOf, memoryOf } from "./process-cost.ts";
import { startSidecar } from "./sidecar.ts";
import type { Serving } from "./stage.ts";

/** Medians. */
export interface StartUp {
  /** Milliseconds from spawn to serving with no database and no compiled descriptors. */
  readonly cold: number;
  /** With what the start before left. */
  readonly warm: number;
  /** Milliseconds of CPU of a warm start, all threads. */
  readonly cpu: number;
  /** MiB resident when it has served nothing for a second. */
  readonly idle: number;
}

/** Milliseconds after the start until what starting needed has been let go. */
const settling = 1_000;

export async function measureStartUp(starts: number, serving: Serving): Promise<StartUp> {
  const cold: number[] = [];
  const warm: OneStart[] = [];
  for (let i = 0; i < starts; i++) {
    const directory = await mkdtemp(join(tmpdir(), "pannier-start-"));
    cold.push((await start(directory, serving)).ready);
    warm.push(await start(directory, serving));
    await rm(directory, { recursive: true, force: true });
  }
  const of = (name: keyof OneStart): number => median(warm.map((one) => one[name]));
  return { cold: median(cold), warm: of("ready"), cpu: of("cpu"), idle: of("idle") };
}

interface OneStart {
  readonly ready: number;
  readonly cpu: number;
  readonly idle: number;
}

async function start(directory: string, serving: Serving): Promise<OneStart> {
  const sidecar = await startSidecar({ ...serving, directory, listen: "127.0.0.1:0", url: "sqlite:pannier.db" });
  const cpu = cpuOf(sidecar.pid) / 1_000;
  await setTimeout(settling);
  const idle = memoryOf(sidecar.pid).resident;
  await sidecar.stop();
  return { ready: sidecar.ready, cpu, idle };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}
