/** What SQLite publishes about itself. */

import type { Capabilities } from "../capabilities.ts";
import { orderCapabilities, type RowOrders } from "../row-order.ts";
import { TIMESTAMP_PRECISION } from "../sql/storage.ts";
import { MOST_COUNTED } from "./count.ts";

/** Every key and every index is a B-tree. */
export const ROW_ORDERS: RowOrders = { key: "total", index: "total", range: true, absentInIndex: true };

const YES = { supported: true } as const;

export interface Facts {
  /** On disk, not in memory. */
  readonly durable: boolean;
  /** Whether the file has the table that outcomes are recorded in. */
  readonly keepsRequests: boolean;
}

export function sqliteCapabilities(facts: Facts): Capabilities {
  return {
    atomic_batch: YES,
    batch_get: YES,
    conditional_write: YES,
    returning: YES,
    increment: YES,
    collections: YES,
    images: YES,
    derived_rows: YES,
    request_id: { supported: facts.keepsRequests },
    execute: YES,
    execute_read: { supported: true, limit: MOST_COUNTED },
    consistent_read: YES,
    count: YES,
    exact_total: YES,
    skip: { supported: true, limit: 10_000 },
    ...orderCapabilities(ROW_ORDERS),
    unique_index: YES,
    unique_ignores_deleted: YES,
    unique_frees_expired: YES,
    restore: YES,
    timestamp_nanos: { supported: false, limit: Number(TIMESTAMP_PRECISION) },
    consistency: { supported: true, values: ["strong", "eventual"] },
    isolation: { supported: true, values: ["serializable"] },
    durable: { supported: facts.durable },
    schema: YES,
  };
}
