/** What stores of this family publish. */

import type { Capabilities } from "../capabilities.ts";
import { orderCapabilities } from "../row-order.ts";
import { CONSISTENCIES } from "./consistency.ts";
import { ROW_ORDERS } from "./planning.ts";
import { TIMESTAMP_PRECISION } from "./storage.ts";

const YES = { supported: true } as const;

export const CQL_CAPABILITIES: Capabilities = {
  batch_get: YES,
  conditional_write: YES,
  modify: YES,
  returning: YES,
  increment: YES,
  collections: YES,
  images: YES,
  exact_total: YES,
  skip: { supported: true, limit: 10_000 },
  ...orderCapabilities(ROW_ORDERS),
  restore: YES,
  timestamp_nanos: { supported: false, limit: Number(TIMESTAMP_PRECISION) },
  consistency: { supported: true, values: CONSISTENCIES },
  durable: YES,
  schema: YES,
};
