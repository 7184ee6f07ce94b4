/** What stores of this family publish. */

import type { Capabilities } from "../capabilities.ts";
import { orderCapabilities } from "../row-order.ts";
import { ROW_CAPABILITIES } from "../usual-capabilities.ts";
import { CONSISTENCIES } from "./consistency.ts";
import { MOST_SEGMENTS, ROW_ORDERS } from "./planning.ts";
import { TIMESTAMP_PRECISION } from "./storage.ts";
import { MOST_IN_UNIT } from "./writer.ts";

export const CQL_CAPABILITIES: Capabilities = {
  ...ROW_CAPABILITIES,
  ...orderCapabilities(ROW_ORDERS),
  modify: { supported: true },
  parallel_scan: { supported: true, limit: MOST_SEGMENTS },
  scan_continue: { supported: true },
  partition_batch: { supported: true, limit: MOST_IN_UNIT },
  partition_execute: { supported: true, limit: MOST_IN_UNIT },
  partition_request_id: { supported: true },
  execute_read: { supported: true, limit: 0 },
  timestamp_nanos: { supported: false, limit: Number(TIMESTAMP_PRECISION) },
  large_rows: { supported: true },
  consistency: { supported: true, values: CONSISTENCIES },
  durable: { supported: true },
};
