/** LevelDB as a store: one process, one writer with group commit, every group synced to disk. */

import type { OpenAdapter } from "../opening.ts";
import { openerOn } from "../embedded/byte-adapter.ts";
import { UNIT_BYTES } from "../embedded/byte-writer.ts";
import { SORTED } from "../planner/row-order.ts";
import { CAPABILITIES_OF_KV } from "./capabilities.ts";
import { ENGINE_BYTES, isDatabase, openEngine } from "./engine.ts";
import { engineFault, isLocked } from "./failure.ts";
import { checkSettings, KV_STORE } from "./settings.ts";

export { checkSettings };

/** Bytes: what the engine keeps beside what its calls hold, and what is written together, here and as the engine copies it. */
export const memory: number = ENGINE_BYTES + 2 * UNIT_BYTES;

export const open: OpenAdapter = openerOn({
  open: openEngine,
  isDatabase,
  engineFault,
  isLocked,
  capabilities: CAPABILITIES_OF_KV,
  orders: SORTED,
  settings: KV_STORE,
});
export { BYTE_ABILITIES as abilities } from "../embedded/byte-abilities.ts";
