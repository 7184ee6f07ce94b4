// Loaded into a sidecar with --import: on SIGUSR2 it says how long the event loop was held since it was last asked, by what V8 collects alone, and memory.
import { monitorEventLoopDelay, PerformanceObserver } from "node:perf_hooks";
import process from "node:process";
import { isMainThread } from "node:worker_threads";

const resolution = 1; // milliseconds; a loop that is never held shows about this

if (isMainThread) {
  const delay = monitorEventLoopDelay({ resolution });
  delay.enable();
  let collecting = 0;
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) collecting = Math.max(collecting, duration);
  });
  observer.observe({ entryTypes: ["gc"] });
  process.on("SIGUSR2", () => {
    const said = { p99: delay.percentile(99) / 1e6, most: delay.max / 1e6, collecting };
    delay.reset();
    collecting = 0;
    const { heapUsed, external } = process.memoryUsage();
    process.stderr.write(`${JSON.stringify({ loop: said, heapUsed, external })}\n`);
  });
}
