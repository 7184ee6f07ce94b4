/**
 * What is left of a start, and how far V8 lets memory grow before it collects, from when calls are served. Its own measure is a program that has the
 * machine to itself: a young generation of 128 MiB that is never given back, an old one that grows to a multiple of what lives in it.
 */

import { PerformanceObserver } from "node:perf_hooks";
import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { letCompile } from "../compilers.ts";

/** Bytes of the young generation, both halves: what 64 calls in flight hold fits, and what they leave behind dies in it. A turn of the loop that makes several times as much goes beyond it. */
const mostYoung = 8 * 1_048_576;
/** Of garbage, before the next full collection: per cent of what lived through the last. */
const mostGarbage = "70";

/**
 * Collects what the start has left, while nobody calls yet. Of what was made to read a schema most is dead by now, among old objects that no
 * collection has looked at, and in pages that hold a few live ones each. Only the collection of last resort packs those and gives pages back.
 * Compiled functions stay: the first calls would wait until they are compiled anew.
 */
export function letGoOfStart(): void {
  setFlagsFromString("--no-flush-bytecode");
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("globalThis.gc"); // contexts that begin from now on have it
  setFlagsFromString("--no-expose-gc");
  if (typeof collect === "function") collect({ type: "major", execution: "sync", flavor: "last-resort" });
  setFlagsFromString("--flush-bytecode");
}

/** The launcher keeps the young generation from growing and code from being optimized while the program starts; now both follow the calls. */
export function letGrow(): void {
  setFlagsFromString("--opt");
  letCompile();
  setFlagsFromString(`--heap-growing-percent=${mostGarbage}`);
  setFlagsFromString("--semi-space-growth-factor=2");
  const observer = new PerformanceObserver(() => {
    if (youngBytes() < mostYoung) return;
    setFlagsFromString("--semi-space-growth-factor=1");
    observer.disconnect();
  });
  observer.observe({ entryTypes: ["gc"] });
}

/** Reserved, not in use. */
function youngBytes(): number {
  return getHeapSpaceStatistics().find(({ space_name: name }) => name === "new_space")?.space_size ?? 0;
}
