/** What another process has used, as the kernel tells it (proc(5)); Linux alone has it. */

import { readdirSync, readFileSync } from "node:fs";

const MICROSECONDS_PER_TICK = 10_000; // USER_HZ is 100 on every Linux that Node runs on

/** CPU time of all its threads since it began, in µs. */
export function cpuOf(pid: number): number {
  return statOf(pid).own;
}

/** The same with what it has started, what has ended among it (wait(2)) too. */
export function cpuOfFamily(pid: number): number {
  const { own, ended } = statOf(pid);
  let all = own + ended;
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/u.test(name) || Number(name) === pid) continue;
    const other = statOrNone(Number(name));
    if (other?.parent === pid) all += other.own + other.ended;
  }
  return all;
}

interface Stat {
  readonly parent: number;
  /** µs. */
  readonly own: number;
  readonly ended: number;
}

function statOf(pid: number): Stat {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" "); // a name may hold spaces; field 3 comes after it
  const ticks = (first: number): number => (Number(fields[first]) + Number(fields[first + 1])) * MICROSECONDS_PER_TICK;
  return { parent: Number(fields[1]), own: ticks(11), ended: ticks(13) };
}

/** A process may end while it is looked at. */
function statOrNone(pid: number): Stat | undefined {
  try {
    return statOf(pid);
  } catch {
    return undefined;
  }
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
