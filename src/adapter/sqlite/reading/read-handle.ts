/** The handle that reads on the serving thread: opened anew after trouble, or once the file is another. */

import type { DatabaseSync } from "node:sqlite";
import { setTimeout } from "node:timers/promises";
import type { Call } from "../../../model/call.ts";
import { askAgain, connect, type Connection, type Damage } from "../connection.ts";
import { CODE, codeOf, primaryCode, spoilsHandle } from "../failure.ts";
import { watchFile } from "../file-watch.ts";
import { assertOurs } from "../tables/meta.ts";
import type { Writer } from "../writing/writer.ts";

export interface ReadHandle {
  /** Throws where the file cannot be opened. */
  connection(): Connection;
  /** Whether writers use the same handle, so that what is read at once is one state. */
  readonly shared: boolean;
  /** Runs something that reads; waits a little where another process holds the file, and drops a spoilt handle. */
  attempt<T>(call: Call, body: () => T | Promise<T>): Promise<T>;
  /** Whether the file is there, ours, and whole where it was last found damaged. Throws where it is not. */
  probe(): void;
  close(): void;
}

/** Milliseconds between two looks at whether the file is still there. */
const LOOK = 250;

/** Milliseconds to try for where the file is held; never by sleeping on the thread that serves. */
const PATIENCE = 3_000;

export interface ReadHandleOptions {
  readonly path: string;
  /** Whether the file has what Pannier keeps for itself; if so, one that takes its place must have it. */
  readonly keepsRequests: boolean;
  /** What was last found damaged, by any handle on the file. */
  readonly damages: { last: Damage | undefined };
  readonly cacheBytes?: number;
}

export function fileReadHandle(Driver: typeof DatabaseSync, options: ReadHandleOptions): ReadHandle {
  const { path, keepsRequests, damages } = options;
  const file = watchFile(path);
  let live: Connection | undefined;
  let looked = 0;
  const onDamage = (found: Damage): void => {
    damages.last = found;
  };
  const drop = (): void => {
    const spoilt = live;
    live = undefined;
    spoilt?.close();
  };
  const inspect = (opened: Connection): void => assertOurs(opened, keepsRequests);
  const cache = options.cacheBytes === undefined ? {} : { cacheBytes: options.cacheBytes };
  const open = (): Connection =>
    connect(Driver, { path, mode: "read", busyTimeout: 0, file, onDamage, inspect, ...cache });
  const sure = (): Connection => {
    looked = performance.now();
    if (live && !file.isSame()) drop();
    return (live ??= open());
  };
  const connection = (): Connection => (live && performance.now() - looked <= LOOK ? live : sure());
  const probe = (): void => {
    const opened = sure();
    assertOurs(opened, keepsRequests);
    if (damages.last) askAgain(opened, damages.last);
    damages.last = undefined;
  };
  live = open(); // now, so that it knows the file that the writer has opened
  const attempt = async <T>(call: Call, body: () => T | Promise<T>): Promise<T> => {
    const started = performance.now();
    for (;;) {
      try {
        return await body();
      } catch (error) {
        if (spoilsHandle(error)) drop();
        const isHeld = primaryCode(codeOf(error) ?? 0) === CODE.busy;
        if (!isHeld || call.aborted || performance.now() - started > PATIENCE) throw error;
      }
      await setTimeout(2);
    }
  };
  return { connection, shared: false, attempt, probe, close: drop };
}

/** In memory there is one handle. */
export function sharedReadHandle(writer: Writer): ReadHandle {
  return {
    connection: () => writer.connection(),
    shared: true,
    attempt: async (_call, body) => body(),
    probe: () => void writer.connection().statement("SELECT count(*) FROM sqlite_schema").get([]),
    close: () => {},
  };
}
