/** How long the sidecar takes to serve: with nothing there yet, and with what the start before left. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startSidecar } from "./sidecar.ts";
import type { Serving } from "./stage.ts";

/** Milliseconds from spawn to serving; medians. */
export interface StartUp {
  /** No database, no compiled descriptors. */
  readonly cold: number;
  readonly warm: number;
}

export async function measureStartUp(starts: number, serving: Serving): Promise<StartUp> {
  const cold: number[] = [];
  const warm: number[] = [];
  for (let i = 0; i < starts; i++) {
    const directory = await mkdtemp(join(tmpdir(), "pannier-start-"));
    cold.push(await start(directory, serving));
    warm.push(await start(directory, serving));
    await rm(directory, { recursive: true, force: true });
  }
  return { cold: median(cold), warm: median(warm) };
}

async function start(directory: string, serving: Serving): Promise<number> {
  const sidecar = await startSidecar({ ...serving, directory, listen: "127.0.0.1:0", url: "sqlite:pannier.db" });
  await sidecar.stop();
  return sidecar.ready;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}
