// Looks at a served process from outside: its memory, and how long its event loop was held.
import { readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Sidecar } from "../integration/sidecar.ts";

/** For the environment of a sidecar that is to be asked about its loop. */
export const watched: { readonly [name: string]: string } = {
  NODE_OPTIONS: `--import ${fileURLToPath(new URL("./loop-watch.ts", import.meta.url))}`,
};

/** What the image tells the C library to keep of freed memory: with a limit on memory, that is how a sidecar runs. */
export function imageEnvironment(): { readonly [name: string]: string } {
  const dockerfile = readFileSync(new URL("../../deploy/Dockerfile", import.meta.url), "utf8");
  return Object.fromEntries(
    Array.from(dockerfile.matchAll(/(MALLOC_\w+)=(\w+)/g), ([, name = "", value = ""]) => [name, value]),
  );
}

/** Resident memory in MiB. */
export function residentOf({ process }: Sidecar): number {
  const status = readFileSync(`/proc/${process.pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1_024;
}

export interface Held {
  /** Milliseconds. */
  readonly p99: number;
  readonly most: number;
  /** The longest time V8 collected garbage in one go; a part of `most`. */
  readonly collecting: number;
  /** MiB. */
  readonly heap: number;
}

/** Since it was last asked; only of a sidecar that is `watched`. */
export async function loopOf(sidecar: Sidecar): Promise<Held> {
  const from = sidecar.log.length;
  sidecar.process.kill("SIGUSR2");
  for (;;) {
    const line = sidecar.log.slice(from).find((text) => text.startsWith('{"loop"'));
    if (line !== undefined) {
      const said = JSON.parse(line) as { loop: { p99: number; most: number; collecting: number }; heapUsed: number }; // loop-watch.ts wrote it
      return { ...said.loop, heap: said.heapUsed / 1_048_576 };
    }
    await setTimeout(5);
  }
}

/** Runs the work, and answers its result with the memory seen meanwhile. */
export async function watching<Result>(
  sidecar: Sidecar,
  work: () => Promise<Result>,
): Promise<{ readonly result: Result; readonly most: number; readonly ms: number }> {
  let most = residentOf(sidecar);
  const timer = setInterval(() => (most = Math.max(most, residentOf(sidecar))), 50);
  const started = performance.now();
  try {
    const result = await work();
    return { result, most, ms: performance.now() - started };
  } finally {
    clearInterval(timer);
  }
}
