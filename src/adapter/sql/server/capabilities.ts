/** What database servers that speak SQL publish about themselves to callers. */

import type { Capabilities } from "../../capabilities.ts";
import { orderCapabilities, type RowOrders } from "../../row-order.ts";
import { TIMESTAMP_PRECISION } from "../storage.ts";

/** Every key and every index is a B-tree. */
export const ROW_ORDERS: RowOrders = { key: "total", index: "total", range: true, absentInIndex: true };

const YES = { supported: true } as const;

/** @param keepsRequests whether the database has the table that outcomes are recorded in */
export function serverCapabilities(keepsRequests: boolean): Capabilities {
  return { ...CAPABILITIES, request_id: { supported: keepsRequests } };
}

const CAPABILITIES: Capabilities = {
  atomic_batch: YES,
  batch_get: YES,
  conditional_write: YES,
  modify: YES,
  returning: YES,
  increment: YES,
  collections: YES,
  images: YES,
  derived_rows: YES,
  execute: YES,
  execute_read: YES,
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
  cancel: YES,
  durable: YES,
  schema: YES,
};
