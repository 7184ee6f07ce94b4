/** Versions of rows: what the first one is, and what a row's is. */

import type { EntityModel } from "./entity.ts";
import type { EntityRecord } from "./value.ts";

/** Nanoseconds. */
const MICROSECOND = 1_000n;

/**
 * What an insert begins with. Where rows can expire it is the present in microseconds and not 1: a row that expired and was made
 * anew must not come to a version that a holder of the old one still expects (DESIGN section 5.6).
 */
export function firstVersion(entity: EntityModel, now: bigint): bigint {
  return entity.managed.expiresAt === undefined ? 1n : now / MICROSECOND;
}

/** 0 where the entity has none, or the row predates it. */
export function versionOf(entity: EntityModel, record: EntityRecord): bigint {
  const { version } = entity.managed;
  const value = version === undefined ? undefined : record[version];
  return typeof value === "bigint" ? value : 0n;
}
