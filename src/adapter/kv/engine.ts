/** The database itself: opened, written to with a sync for every batch, and opened anew after a write that failed. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import type { ClassicLevel } from "classic-level";
import type { ByteStore, Snapshot } from "../ordered/byte-store.ts";

type Db = ClassicLevel<Buffer, Buffer>;

/** Bytes that the block cache may hold, and each of the two tables in memory. */
const CACHE_BYTES = 8 * 1_048_576;
const BUFFER_BYTES = 4 * 1_048_576;

/** Bytes: the cache and both tables in memory. */
export const ENGINE_BYTES: number = CACHE_BYTES + 2 * BUFFER_BYTES;

/** Bytes of entries that one step of an iterator may bring. */
const STEP_BYTES = 65_536;

/** Whether a directory holds the files of such an engine, whoever made them. */
export function isDatabase(path: string): boolean {
  return existsSync(join(path, "CURRENT"));
}

/** Rejects with the vendor's error where the directory is locked or damaged. */
export async function openEngine(path: string): Promise<ByteStore> {
  const { ClassicLevel: Driver } = await import("classic-level");
  const opened = async (): Promise<Db> => {
    const db: Db = new Driver<Buffer, Buffer>(path, {
      keyEncoding: "buffer",
      valueEncoding: "buffer",
      cacheSize: CACHE_BYTES,
      writeBufferSize: BUFFER_BYTES,
    });
    await db.open();
    return db;
  };
  let db = await opened();
  let isSpoiled = false;
  const writable = async (): Promise<Db> => {
    if (!isSpoiled) return db;
    await db.close(); // the engine refuses all writes after one that failed
    db = await opened();
    isSpoiled = false;
    return db;
  };
  return {
    get: (key) => db.getSync(key),
    snapshot: () => snapshotOf(db),
    commit: async (changes) => {
      const target = await writable();
      const batch = changes.map(({ key, value }) =>
        value === undefined ? { type: "del" as const, key } : { type: "put" as const, key, value },
      );
      try {
        await target.batch<Buffer, Buffer>(batch, { sync: true });
      } catch (error) {
        isSpoiled = true;
        throw new CommitFailed(error);
      }
    },
    clear: async ({ start, end }) => (await writable()).clear({ gte: start, lt: end }),
    close: () => db.close(),
  };
}

/** A batch that failed: it may be in the log nevertheless, and found there at the next start. */
export class CommitFailed extends Error {
  override readonly name = "CommitFailed";

  constructor(cause: unknown) {
    super("the batch could not be written and synced", { cause });
  }
}

function snapshotOf(db: Db): Snapshot {
  const snapshot = db.snapshot();
  return {
    getMany: (keys) => db.getMany<Buffer, Buffer>([...keys], { snapshot }),
    hasMany: (keys) => db.hasMany<Buffer>([...keys], { snapshot }),
    entries: ({ start, end }, reverse) => {
      const iterator = db.iterator<Buffer, Buffer>({
        gte: start,
        lt: end,
        reverse,
        snapshot,
        highWaterMarkBytes: STEP_BYTES,
      });
      return { next: (most) => iterator.nextv(most), close: () => iterator.close() };
    },
    close: () => snapshot.close(),
  };
}
