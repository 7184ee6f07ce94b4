// Loaded into a sidecar with --import: on SIGUSR2 it says how long the event loop was held since it was last asked, and memory.
import { monitorEventLoopDelay } from "node:perf_hooks";
import process from "node:process";
import { isMainThread } from "node:worker_threads";

const resolution = 1; // milliseconds; a loop that is never held shows about this

if (isMainThread) {
  const delay = monitorEventLoopDelay({ resolution });
  delay.enable();
  process.on("SIGUSR2", () => {
    const said = { p99: delay.percentile(99) / 1e6, most: delay.max / 1e6 };
    delay.reset();
    const { heapUsed, external } = process.memoryUsage();
    process.stderr.write(`${JSON.stringify({ loop: said, heapUsed, external })}\n`);
  });
}
