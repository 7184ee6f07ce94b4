/** What the process says of itself, under the names that dashboards for Node expect. */

import { readdirSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { getHeapSpaceStatistics } from "node:v8";
import type { Metric, Sample } from "./exposition.ts";

export interface BuildInfo {
  readonly version: string;
}

export interface ProcessMetrics {
  readonly metrics: readonly Metric[];
  /** Ends the sampling of the event loop. */
  stop(): void;
}

const resolution = 20; // milliseconds between two looks at the event loop
const nanosecond = 1e-9;

export function createProcessMetrics({ version }: BuildInfo): ProcessMetrics {
  const delay = monitorEventLoopDelay({ resolution });
  delay.enable();
  return { metrics: [...buildMetrics(version), ...eventLoop(delay), ...usage()], stop: () => delay.disable() };
}

function buildMetrics(version: string): readonly Metric[] {
  const labels = { version, node: process.version };
  return [
    { name: "pannier_build_info", help: "Version of Pannier and of its runtime; always 1.", type: "gauge", read: () => [{ labels, value: 1 }] },
    gauge("process_start_time_seconds", "When the process started, in seconds since 1970.", () => Date.now() / 1_000 - process.uptime()),
  ]; // prettier-ignore
}

/** Reading resets, so that each scrape shows the time since the one before. */
function eventLoop(delay: ReturnType<typeof monitorEventLoopDelay>): readonly Metric[] {
  const quantile = (percent: number): number => beyondResolution(delay.percentile(percent));
  return [
    {
      name: "pannier_event_loop_delay_quantile_seconds",
      help: "Quantiles of how late the event loop came to a timer since the last scrape.",
      type: "gauge",
      read: () => [0.5, 0.99].map((q) => ({ labels: { quantile: String(q) }, value: quantile(q * 100) })),
    },
    gauge("pannier_event_loop_delay_seconds", "Longest delay of the event loop since the last scrape.", () => {
      const longest = beyondResolution(delay.max);
      delay.reset();
      return longest;
    }),
  ];
}

/** The sampler's own interval is in every value. */
function beyondResolution(nanoseconds: number): number {
  return Number.isFinite(nanoseconds) ? Math.max(0, nanoseconds * nanosecond - resolution / 1_000) : 0;
}

function usage(): readonly Metric[] {
  const memory = (): NodeJS.MemoryUsage => process.memoryUsage();
  return [
    {
      name: "process_cpu_seconds_total",
      help: "Processor time of the process, user and system.",
      type: "counter",
      read: () => {
        const { user, system } = process.cpuUsage();
        return [{ labels: {}, value: (user + system) / 1e6 }];
      },
    },
    gauge("process_resident_memory_bytes", "Memory that the process holds.", () => memory().rss),
    gauge("process_open_fds", "Open file descriptors.", openFiles),
    gauge("nodejs_heap_size_used_bytes", "Heap in use.", () => memory().heapUsed),
    gauge("nodejs_heap_size_total_bytes", "Heap reserved.", () => memory().heapTotal),
    gauge("nodejs_external_memory_bytes", "Memory of buffers and other objects outside the heap.", () => memory().external),
    {
      name: "nodejs_heap_space_size_used_bytes",
      help: "Heap in use, by space.",
      type: "gauge",
      read: () => getHeapSpaceStatistics().map(({ space_name: space, space_used_size: value }): Sample => ({ labels: { space: space.replace(/_space$/, "") }, value })),
    },
  ]; // prettier-ignore
}

function gauge(name: string, help: string, value: () => number | undefined): Metric {
  const read = (): readonly Sample[] => {
    const found = value();
    return found === undefined ? [] : [{ labels: {}, value: found }];
  };
  return { name, help, type: "gauge", read };
}

/** Linux alone says it. */
function openFiles(): number | undefined {
  try {
    return readdirSync("/proc/self/fd").length;
  } catch {
    return undefined;
  }
}
