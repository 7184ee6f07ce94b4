/**
 * Which functions made what survived young collections in this process, written to a file at its end. What calls make dies with them: more than a
 * few objects for each collection is a chain of dead ones that keep each other (`src/containers/README.md`).
 * Loaded by `--import` with the folder of the file as a parameter of its own URL; see `watchSurvivors`.
 */

import { mkdirSync, writeFileSync } from "node:fs";
import { Session, type HeapProfiler } from "node:inspector";
import { join } from "node:path";
import { isMainThread } from "node:worker_threads";

/** Milliseconds of a start, whose objects stay. */
const STARTING = 3_000;
/** Bytes between two samples. */
const INTERVAL = 4_096;
const SHOWN = 40;

/** The flag of Node that has a process write `<pid>.txt` into the directory. */
export function watchSurvivors(directory: string): string {
  const url = new URL(import.meta.url);
  url.searchParams.set("directory", directory);
  return `--import=${url.href}`;
}

const directory = new URL(import.meta.url).searchParams.get("directory");
if (directory !== null && isMainThread) watch(directory);

function watch(folder: string): void {
  const session = new Session();
  session.connect();
  const flags = {
    samplingInterval: INTERVAL,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: false,
  };
  setTimeout(() => session.post("HeapProfiler.startSampling", flags), STARTING).unref();
  process.on("exit", () => {
    session.post("HeapProfiler.stopSampling", (_, told) => {
      // Without it where the process has ended before the first sample.
      const head: HeapProfiler.SamplingHeapProfileNode | undefined = told?.profile?.head;
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, `${process.pid}.txt`), head ? tableOf(head) : "ended too early\n");
    });
  });
}

/** Megabytes by function, most first. */
function tableOf(head: HeapProfiler.SamplingHeapProfileNode): string {
  const bytes = new Map<string, number>();
  const add = ({ callFrame, selfSize, children }: HeapProfiler.SamplingHeapProfileNode): void => {
    const file = callFrame.url.split("/").slice(-3).join("/");
    const name = `${callFrame.functionName || "(anonymous)"} ${file}:${callFrame.lineNumber + 1}`;
    bytes.set(name, (bytes.get(name) ?? 0) + selfSize);
    for (const child of children) add(child);
  };
  add(head);
  const total = [...bytes.values()].reduce((sum, each) => sum + each, 0);
  const most = [...bytes].sort(([, a], [, b]) => b - a).slice(0, SHOWN);
  return [["MB survived", total] as const, ...most.map(([name, each]) => [name, each] as const)]
    .map(([name, each]) => `${(each / 1e6).toFixed(2).padStart(9)} ${name}\n`)
    .join("");
}
