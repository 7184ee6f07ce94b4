/** What the store publishes. */

import type { Capabilities } from "../capabilities.ts";
import { orderCapabilities } from "../planner/row-order.ts";
import type { Layout } from "./items/layout.ts";
import { ROW_ORDERS } from "./reading/planning.ts";
import { MOST_ITEM } from "./items/table.ts";

const YES = { supported: true } as const;

/** Items of one transaction, of which a request_id takes one. */
const MOST_TOGETHER = 99;

const ALWAYS: Capabilities = {
  atomic_batch: { supported: true, limit: MOST_TOGETHER },
  batch_get: { supported: true, limit: 100 },
  conditional_write: YES,
  modify: YES,
  returning: YES,
  increment: YES,
  collections: YES,
  images: YES,
  request_id: YES,
  execute: { supported: true, limit: MOST_TOGETHER },
  exact_total: YES,
  parallel_scan: { supported: true, limit: 64 },
  scan_continue: YES,
  skip: { supported: true, limit: 10_000 },
  ...orderCapabilities(ROW_ORDERS),
  unique_index: YES,
  unique_ignores_deleted: YES,
  unique_frees_expired: YES,
  restore: YES,
  timestamp_nanos: YES,
  large_rows: { supported: false, limit: MOST_ITEM },
  consistency: { supported: true, values: ["strong", "eventual"] },
  durable: YES,
  schema: YES,
};

export function capabilitiesOf({ single }: Layout): Capabilities {
  return single ? { ...ALWAYS, entity_collections: YES } : ALWAYS;
}
