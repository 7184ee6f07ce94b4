/** Reading handles on which a transaction stays open while a page is put together, so that it shows one state of the file. */

import type { DatabaseSync } from "node:sqlite";
import { TransientSet } from "../../../containers/transient-set.ts";
import type { Call } from "../../../model/call.ts";
import { NotSent } from "../../adapter.ts";
import type { JobQueue } from "../writing/job.ts";
import { SNAPSHOT_CACHE_BYTES } from "../connection.ts";
import { fileReadHandle, type ReadHandle, type ReadHandleOptions } from "./read-handle.ts";
import type { ScanSource } from "./scan.ts";

export interface Snapshots {
  /** `body` may be run again from its start, where another process holds the file for a moment. */
  run<Result>(body: (source: ScanSource) => Promise<Result>, call: Call): Promise<Result>;
  close(): void;
}

/** Most handles; whoever comes then waits. Pages that are read in one turn share the first. */
export const MOST_HANDLES = 4;

export function fileSnapshots(Driver: typeof DatabaseSync, options: ReadHandleOptions): Snapshots {
  const made: ReadHandle[] = [];
  const idle: ReadHandle[] = [];
  const waiting = new TransientSet<(handle: ReadHandle) => void>();

  const acquire = (call: Call): ReadHandle | Promise<ReadHandle> => {
    const free = idle.pop();
    if (free) return free;
    if (made.length < MOST_HANDLES) {
      const handle = fileReadHandle(Driver, { ...options, cacheBytes: SNAPSHOT_CACHE_BYTES });
      made.push(handle);
      return handle;
    }
    return new Promise((resolve, reject) => {
      const take = (handle: ReadHandle): void => {
        forget();
        resolve(handle);
      };
      const forget = call.onAbort(() => {
        waiting.delete(take);
        reject(new NotSent("the call ended while it waited for a handle"));
      });
      waiting.add(take);
    });
  };
  const release = (handle: ReadHandle): void => {
    const take = waiting.first;
    if (!take) return void idle.push(handle);
    waiting.delete(take);
    take(handle);
  };
  return {
    run: async (body, call) => {
      const handle = await acquire(call);
      try {
        return await handle.attempt(call, () => inTransaction(handle, body));
      } finally {
        release(handle);
      }
    },
    close: () => {
      for (const handle of made) handle.close();
    },
  };
}

async function inTransaction<Result>(
  handle: ReadHandle,
  body: (source: ScanSource) => Promise<Result>,
): Promise<Result> {
  const connection = handle.connection();
  connection.statement("BEGIN").run([]);
  try {
    return await body({ connection: () => connection, shared: true });
  } finally {
    if (connection.database.isOpen && connection.database.isTransaction) connection.statement("COMMIT").run([]);
  }
}

/** In memory there is one handle: writes wait while a page is put together. */
export function memorySnapshots(handle: ReadHandle, queue: JobQueue): Snapshots {
  return {
    run: async (body) => {
      const letGo = await queue.hold();
      try {
        return await body(handle);
      } finally {
        letGo();
      }
    },
    close: () => {},
  };
}

/** Of a file that nobody writes to while it is looked at. */
export function stillSnapshots(handle: ReadHandle): Snapshots {
  return { run: (body) => body(handle), close: () => {} };
}
