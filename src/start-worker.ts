/** Threads of this process. */

import { Worker, type WorkerOptions } from "node:worker_threads";
import { letCompile } from "./compilers.ts";

/** A thread that runs the module at `url`. V8 prepares Maglev when a thread begins: one that began without it would never have it, however long it runs. */
export function startWorker(url: URL, options: WorkerOptions): Worker {
  letCompile();
  return new Worker(url, options);
}
