/** Which stored rows are there for a call: neither expired nor, unless asked for, marked as deleted. */

import type { EntityModel } from "./entity.ts";
import type { Visibility } from "./query.ts";
import type { EntityRecord } from "./value.ts";

/** Whether the row's time is up: its expires_at is at or before `now` (nanoseconds). */
export function isExpired(entity: EntityModel, record: EntityRecord, now: bigint): boolean {
  const ordinal = entity.managed.expiresAt;
  if (ordinal === undefined) return false;
  const expiresAt = record[ordinal];
  return typeof expiresAt === "bigint" && expiresAt <= now;
}

/** Whether the row is soft-deleted. */
export function isDeleted(entity: EntityModel, record: EntityRecord): boolean {
  const ordinal = entity.managed.deletedAt;
  return ordinal !== undefined && record[ordinal] !== undefined;
}

/** Whether a read with this visibility sees the row. The record must hold its managed fields. */
export function isVisible(entity: EntityModel, record: EntityRecord, visibility: Visibility): boolean {
  if (!visibility.deleted && isDeleted(entity, record)) return false;
  return !isExpired(entity, record, visibility.now);
}
