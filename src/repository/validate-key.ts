/** Keys as callers send them: complete, without empty parts, timestamps in the store's precision. */

import { Fault, type FieldViolation } from "../model/fault.ts";
import type { Field } from "../model/field.ts";
import type { Key } from "../model/key.ts";
import type { Value } from "../model/value.ts";
import { absentValue } from "../model/zero.ts";
import type { SparseKey, Sparse } from "./operation.ts";
import type { EntityLayout } from "./entity-layout.ts";
import { tooLong } from "./write/validate-entity.ts";
import { truncateTime } from "./timestamps.ts";

/** The key a request names. `path` begins the field names in a Fault, for example `key` or `keys[3]`. */
export function requireKey(layout: EntityLayout, sparse: SparseKey | undefined, path: string): Key {
  if (!sparse) throw new Fault("KEY_INCOMPLETE", `${path} is missing; say which row is meant`, { field: path });
  const key: Value[] = [];
  for (let i = 0; i < layout.keyOrdinals.length; i++) {
    const value = keyValue(layout, layout.entity.fields[layout.keyOrdinals[i] ?? -1], sparse[i]);
    if (value === undefined)
      throw incomplete(layout, (ordinal, position) => keyField(layout, ordinal, sparse[position]), path);
    key.push(value);
  }
  return key;
}

/** The key fields inside an entity. */
export function keyWithin(layout: EntityLayout, entity: Sparse, path: string): Key {
  return requireKey(
    layout,
    layout.keyOrdinals.map((ordinal) => entity[ordinal]),
    path,
  );
}

function keyField(layout: EntityLayout, ordinal: number, value: Value | undefined): Value | undefined {
  return keyValue(layout, layout.entity.fields[ordinal], value);
}

/**
 * Undefined where it is missing: absent, or an empty string or bytes. A number, bool or enum 0 is a value, but in a
 * generated field it asks for one: Create has made it by now, and whatever else names a row must say which.
 */
function keyValue(layout: EntityLayout, field: Field | undefined, sent: Value | undefined): Value | undefined {
  if (!field) return undefined;
  const value = sent === undefined ? absentValue(field) : sent;
  if (value === undefined || value === "") return undefined;
  if (field.generate && (value === 0 || value === 0n)) return undefined;
  if (typeof value === "bigint") return field.type.kind === "timestamp" ? truncateTime(value, layout.precision) : value;
  if (value instanceof Uint8Array && value.length === 0) return undefined;
  const long = tooLong(field, value);
  if (long) throw new Fault("VALUE_TOO_LONG", `${field.name}: ${long}`, { field: field.name });
  return value;
}

type ValueAt = (ordinal: number, position: number) => Value | undefined;

function incomplete(layout: EntityLayout, valueAt: ValueAt, path: string): Fault {
  const missing = layout.keyOrdinals.filter((ordinal, position) => valueAt(ordinal, position) === undefined);
  const violations: FieldViolation[] = missing.map((ordinal) => ({
    field: `${path}.${layout.entity.fields[ordinal]?.name ?? ""}`,
    description: describe(layout.entity.fields[ordinal]),
  }));
  const names = missing.map((ordinal) => layout.entity.fields[ordinal]?.name ?? "").join(", ");
  return new Fault("KEY_INCOMPLETE", `${path} lacks ${names}; every key field must have a value`, {
    field: violations[0]?.field ?? path,
    violations,
  });
}

function describe(field: Field | undefined): string {
  return field?.generate
    ? "a key field must have a value; an empty one or 0 is none here, and only Create makes one"
    : "a key field must have a value; an empty one is none";
}
