/** What another process has used, as the kernel tells it (proc(5)); Linux alone has it. */

import { readFileSync } from "node:fs";

const MICROSECONDS_PER_TICK = 10_000; // USER_HZ is 100 on every Linux that Node runs on

/** CPU time of all its threads since it began, in µs. */
export function cpuOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" "); // a name may hold spaces; field 3 comes after it
  return (Number(fields[11]) + Number(fields[12])) * MICROSECONDS_PER_TICK;
}

export interface Memory {
  /** MiB. */
  readonly resident: number;
  readonly peak: number;
}

export function memoryOf(pid: number): Memory {
  const text = readFileSync(`/proc/${pid}/status`, "utf8");
  const mebibytes = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(text)?.[1]) / 1_024;
  return { resident: mebibytes("VmRSS"), peak: mebibytes("VmHWM") };
}
