/** What every store of tables on bytes does, whatever its engine: its keys and indexes lie in the order of their bytes. */

import type { Capabilities } from "../capabilities.ts";
import { orderCapabilities, SORTED } from "../planner/row-order.ts";
import { TRANSACTION_CAPABILITIES } from "../usual-capabilities.ts";
import { MOST_COUNTED } from "./byte-writer.ts";

/** Whether writes are on disk and who may have it open is the engine's to say. */
export const BYTE_CAPABILITIES: Capabilities = {
  ...TRANSACTION_CAPABILITIES,
  ...orderCapabilities(SORTED),
  request_id: { supported: true },
  execute_read: { supported: true, limit: MOST_COUNTED },
  timestamp_nanos: { supported: true },
  large_rows: { supported: true },
};
