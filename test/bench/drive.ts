/** Calls in flight for a while: how many, how long each took, and what they cost. */

import type { Once } from "./stage.ts";

export interface Driving {
  readonly once: Once;
  readonly flights: number;
  /** Milliseconds. */
  readonly warm: number;
  readonly measured: number;
  /** CPU of the serving process in µs, where that is not this one. */
  readonly serverCpu: (() => number) | undefined;
  /** The same of the database, where it is a process of its own. */
  readonly databaseCpu?: (() => number) | undefined;
}

export interface Measured {
  readonly calls: number;
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** CPU µs of one call: of the process that serves, and of its client where that is another one. */
  readonly server: number;
  readonly client: number | undefined;
  readonly database?: number | undefined;
}

/** Numbers that no call of this process has had, so that no key comes twice. */
let next = 0;

export async function drive(driving: Driving): Promise<Measured> {
  await fly(driving, driving.warm, []);
  const { serverCpu, databaseCpu } = driving;
  const latencies: number[] = [];
  const before = {
    own: process.cpuUsage(),
    server: serverCpu?.() ?? 0,
    database: databaseCpu?.() ?? 0,
    at: performance.now(),
  };
  await fly(driving, driving.measured, latencies);
  const seconds = (performance.now() - before.at) / 1_000;
  const used = process.cpuUsage(before.own);
  const calls = latencies.length;
  const own = (used.user + used.system) / calls;
  latencies.sort((a, b) => a - b);
  return {
    calls,
    perSecond: calls / seconds,
    p50: latencies[Math.floor(calls * 0.5)] ?? NaN,
    p99: latencies[Math.floor(calls * 0.99)] ?? NaN,
    server: serverCpu ? (serverCpu() - before.server) / calls : own,
    client: serverCpu ? own : undefined,
    database: databaseCpu && (databaseCpu() - before.database) / calls,
  };
}

async function fly({ once, flights }: Driving, milliseconds: number, latencies: number[]): Promise<void> {
  const end = performance.now() + milliseconds;
  const one = async (): Promise<void> => {
    for (let started = performance.now(); started < end;) {
      const running = once(next++);
      if (running) await running;
      const now = performance.now();
      latencies.push(now - started);
      started = now;
    }
  };
  await Promise.all(Array.from({ length: flights }, one));
}
