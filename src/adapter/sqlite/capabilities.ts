/** What SQLite publishes about itself. */

import type { Capabilities } from "../capabilities.ts";
import { orderCapabilities, SORTED } from "../planner/row-order.ts";
import { TIMESTAMP_PRECISION } from "../sql/storage.ts";
import { TRANSACTION_CAPABILITIES } from "../usual-capabilities.ts";
import { MOST_COUNTED } from "./reading/count.ts";

export interface Facts {
  /** On disk, not in memory. */
  readonly durable: boolean;
  /** Whether the file has the table that outcomes are recorded in. */
  readonly keepsRequests: boolean;
}

export function sqliteCapabilities(facts: Facts): Capabilities {
  return {
    ...TRANSACTION_CAPABILITIES,
    ...orderCapabilities(SORTED),
    request_id: { supported: facts.keepsRequests },
    sequence: { supported: facts.keepsRequests },
    execute_read: { supported: true, limit: MOST_COUNTED },
    timestamp_nanos: { supported: false, limit: Number(TIMESTAMP_PRECISION) },
    large_rows: { supported: true },
    durable: { supported: facts.durable },
  };
}
