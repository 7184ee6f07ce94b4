/** What this store publishes about itself: what tables on bytes do, synced to disk, for one process. */

import type { Capabilities } from "../capabilities.ts";
import { BYTE_CAPABILITIES } from "../embedded/byte-capabilities.ts";

export const CAPABILITIES_OF_KV: Capabilities = {
  ...BYTE_CAPABILITIES,
  durable: { supported: true },
  single_process: { supported: true },
};
