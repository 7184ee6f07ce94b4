/** Records that hold some of their fields: what a read of those fields alone answers. */

import type { EntityModel } from "../../model/entity.ts";
import type { MutableRecord, EntityRecord } from "../../model/value.ts";
import type { FieldSet } from "../adapter.ts";

/** Ascending. Key, version and the fields that decide visibility are always among them. */
export function projectedOrdinals(entity: EntityModel, fields: readonly number[]): readonly number[] {
  const { version, deletedAt, expiresAt } = entity.managed;
  const ordinals = new Set([...fields, ...entity.key.map((part) => part.ordinal)]);
  for (const managed of [version, deletedAt, expiresAt]) if (managed !== undefined) ordinals.add(managed);
  return [...ordinals].sort((a, b) => a - b);
}

/** Without the other fields, so that what is small does not hold what is large. */
export function projected(entity: EntityModel, record: EntityRecord, fields: FieldSet): EntityRecord {
  if (!fields) return record;
  const some: MutableRecord = record.map(() => undefined);
  for (const ordinal of projectedOrdinals(entity, fields)) some[ordinal] = record[ordinal];
  return some;
}
