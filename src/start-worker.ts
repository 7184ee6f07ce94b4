/** Threads of this process. */

import { setFlagsFromString } from "node:v8";
import { Worker, type WorkerOptions } from "node:worker_threads";

/**
 * A thread that runs the module at `url`. The launcher holds compilers back while the program starts, and V8 prepares Maglev
 * when a thread begins: a thread that began without it would never have it, however long it runs.
 */
export function startWorker(url: URL, options: WorkerOptions): Worker {
  setFlagsFromString("--maglev");
  return new Worker(url, options);
}
