/** What every store of tables on bytes does, whatever its engine: its keys and indexes lie in the order of their bytes. */

import type { Capabilities } from "../capabilities.ts";
import { orderCapabilities, type RowOrders } from "../row-order.ts";
import { MOST_COUNTED } from "./byte-writer.ts";

/** How keys and indexes lie. */
export const BYTE_ORDERS: RowOrders = { key: "total", index: "total", range: true, absentInIndex: true };

const YES = { supported: true } as const;

/** Whether writes are on disk and who may have it open is the engine's to say. */
export const BYTE_CAPABILITIES: Capabilities = {
  atomic_batch: YES,
  batch_get: YES,
  conditional_write: YES,
  returning: YES,
  increment: YES,
  collections: YES,
  images: YES,
  derived_rows: YES,
  request_id: YES,
  execute: YES,
  execute_read: { supported: true, limit: MOST_COUNTED },
  consistent_read: YES,
  count: YES,
  exact_total: YES,
  skip: { supported: true, limit: 10_000 },
  ...orderCapabilities(BYTE_ORDERS),
  unique_index: YES,
  unique_ignores_deleted: YES,
  unique_frees_expired: YES,
  restore: YES,
  timestamp_nanos: YES,
  consistency: { supported: true, values: ["strong", "eventual"] },
  isolation: { supported: true, values: ["serializable"] },
  schema: YES,
};
