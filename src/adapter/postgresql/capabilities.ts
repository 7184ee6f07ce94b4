/** What PostgreSQL publishes about itself, to callers and to the planner of schema changes. */

import type { StoreAbilities } from "../../migration/plan.ts";
import { sameForm } from "../../migration/same-form.ts";
import type { Capabilities } from "../capabilities.ts";
import { orderCapabilities, type RowOrders } from "../row-order.ts";
import { TIMESTAMP_PRECISION } from "../sql/storage.ts";

/** Every key and every index is a B-tree. */
export const ROW_ORDERS: RowOrders = { key: "total", index: "total", range: true, absentInIndex: true };

const YES = { supported: true } as const;

/** @param keepsRequests whether the database has the table that outcomes are recorded in */
export function postgresqlCapabilities(keepsRequests: boolean): Capabilities {
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

const isSameForm = sameForm({
  /** Columns of the same type that hold the number as it is. */
  alike: {
    uint32: ["int64"],
    enum: ["int32"],
  },
  isSameDecimal: (from, to) => from.precision === to.precision,
});

export const postgresqlAbilities: StoreAbilities = {
  isSameForm,
  boundPresence: true, // NOT NULL DEFAULT, or neither
  boundLengths: false,
  partitions: false,
  instantRows: 10_000,
  locks: {
    additive: "everybody for a moment",
    index: "writers while it is built, some seconds for a million rows; readers never",
    drop: "nothing is dropped by this version: the column or table stays as it is",
    rewrite: "it is not done by this version: the table must be changed by hand",
  },
};
