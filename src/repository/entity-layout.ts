/** What the operations ask of an entity again and again, worked out once at load. */

import type { EntityModel } from "../model/entity.ts";
import type { Field } from "../model/field.ts";
import { createTruncation, type Truncation } from "./timestamps.ts";

export interface EntityLayout {
  readonly entity: EntityModel;
  /** Nanoseconds of the store's smallest step in time. */
  readonly precision: bigint;
  readonly truncate: Truncation;
  readonly byName: ReadonlyMap<string, Field>;
  /** In declared order. */
  readonly keyOrdinals: readonly number[];
  readonly isKey: ReadonlySet<number>;
  /** Every managed field, expires_at too. */
  readonly managed: ReadonlySet<number>;
  /** Managed fields that the sidecar alone writes. */
  readonly protected: ReadonlySet<number>;
  /** Key and version: what every answer shows. Ascending. */
  readonly always: readonly number[];
  /** The fields an insert may have to generate. */
  readonly generated: readonly Field[];
  /** Whether the store gives out numbers for one of them. */
  readonly isNumbered: boolean;
  /** Ordinals of each oneof's members, by its number. */
  readonly oneofs: ReadonlyMap<number, readonly number[]>;
}

export function compileEntityLayout(entity: EntityModel, precision: bigint): EntityLayout {
  const { createdAt, updatedAt, deletedAt, expiresAt, version } = entity.managed;
  const own = [createdAt, updatedAt, deletedAt, version].filter((ordinal) => ordinal !== undefined);
  const keyOrdinals = entity.key.map((part) => part.ordinal);
  const always = version === undefined ? keyOrdinals : [...keyOrdinals, version];
  return {
    entity,
    precision,
    truncate: createTruncation(precision),
    byName: new Map(entity.fields.map((field) => [field.name, field])),
    keyOrdinals,
    isKey: new Set(keyOrdinals),
    managed: new Set(expiresAt === undefined ? own : [...own, expiresAt]),
    protected: new Set(own),
    always: always.toSorted((a, b) => a - b),
    generated: entity.fields.filter((field) => field.generate !== undefined),
    isNumbered: entity.fields.some((field) => field.generate === "sequence"),
    oneofs: oneofsOf(entity),
  };
}

function oneofsOf(entity: EntityModel): ReadonlyMap<number, readonly number[]> {
  const oneofs = new Map<number, number[]>();
  for (const { oneof, ordinal } of entity.fields) {
    if (oneof === undefined) continue;
    const members = oneofs.get(oneof);
    if (members) members.push(ordinal);
    else oneofs.set(oneof, [ordinal]);
  }
  return oneofs;
}
