/** Random bytes from a pool, because asking the system 16 bytes at a time costs more than an insert's other ids. */

import { randomFillSync } from "node:crypto";

const POOL_BYTES = 4096;

/** Unpredictable bytes; each is handed out once. At most 4096 at a time. */
export function createRandom(): (bytes: number) => Uint8Array {
  const pool = new Uint8Array(POOL_BYTES);
  let used = POOL_BYTES;
  return (bytes) => {
    if (used + bytes > POOL_BYTES) {
      randomFillSync(pool);
      used = 0;
    }
    const taken = pool.slice(used, used + bytes);
    used += bytes;
    return taken;
  };
}
