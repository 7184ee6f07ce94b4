/** What many stores publish alike. A store that does otherwise says so behind it. */

import type { Capabilities } from "./capabilities.ts";

const YES = { supported: true } as const;

/** Of stores that keep typed rows and check a row in the step that writes it. */
export const ROW_CAPABILITIES: Capabilities = {
  batch_get: YES,
  conditional_write: YES,
  returning: YES,
  increment: YES,
  collections: YES,
  images: YES,
  exact_total: YES,
  skip: { supported: true, limit: 10_000 },
  restore: YES,
  schema: YES,
};

/** Of those that also write several rows, of several entities, in one transaction. */
export const TRANSACTION_CAPABILITIES: Capabilities = {
  ...ROW_CAPABILITIES,
  atomic_batch: YES,
  derived_rows: YES,
  execute: YES,
  entity_collections: YES, // merged by the repository
  consistent_read: YES,
  count: YES,
  unique_index: YES,
  unique_ignores_deleted: YES,
  unique_frees_expired: YES,
  consistency: { supported: true, values: ["strong", "eventual"] },
  isolation: { supported: true, values: ["serializable"] },
};
