/** Timestamps as coarse as a store's columns keep them. */

import type { EntityModel } from "../../model/entity.ts";
import type { EntityRecord } from "../../model/value.ts";

/** Towards the past. Key fields are left as they were asked for. */
export function truncated(entity: EntityModel, record: EntityRecord, precision: bigint): EntityRecord {
  if (precision === 1n) return record;
  return record.map((value, ordinal) => {
    if (typeof value !== "bigint" || entity.fields[ordinal]?.type.kind !== "timestamp") return value;
    if (entity.key.some((part) => part.ordinal === ordinal)) return value;
    const rest = value % precision;
    return rest < 0n ? value - rest - precision : value - rest;
  });
}
