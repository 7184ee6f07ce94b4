/** Field masks: which fields an answer shows, and which an Update writes. Paths name top-level fields. */

import { Fault } from "../model/fault.ts";
import type { Field } from "../model/field.ts";
import { isPresent } from "../model/record.ts";
import type { Mask, Sparse } from "./repository.ts";
import type { Shape } from "./shape.ts";

/** What an answer shows. */
export interface Shown {
  /** Ascending ordinals; undefined is all. */
  readonly fields: readonly number[] | undefined;
  /** Only a write's answer can be of key fields alone; then nothing needs to be read back. */
  readonly keyOnly: boolean;
}

const ALL: Shown = { fields: undefined, keyOnly: false };

/** What a read shows: key and version always, and what the mask names. */
export function readMask(shape: Shape, mask: Mask): readonly number[] | undefined {
  if (!mask || mask.length === 0) return undefined;
  const named = pathsOf(shape, mask, "read_mask");
  return named && union(shape.always, named);
}

/** What a write's answer shows: as a read, but key fields alone where the mask names nothing else. */
export function writeMask(shape: Shape, mask: Mask): Shown {
  if (!mask || mask.length === 0) return ALL;
  const named = pathsOf(shape, mask, "read_mask");
  if (!named) return ALL;
  if (named.every((ordinal) => shape.isKey.has(ordinal)))
    return { fields: union(shape.keyOrdinals, []), keyOnly: true };
  return { fields: union(shape.always, named), keyOnly: false };
}

/** The fields an Update sets from `entity`, or clears. Ascending. */
export function updateMask(shape: Shape, mask: Mask, entity: Sparse): readonly number[] {
  if (!mask || mask.length === 0) return writable(shape, (field) => isPresent(field, entity[field.ordinal]));
  const named = pathsOf(shape, mask, "update_mask");
  if (!named) return writable(shape, (field) => !isKept(shape, field, entity));
  for (const ordinal of named) refuseUnwritable(shape, shape.entity.fields[ordinal]);
  return union([], named);
}

function writable(shape: Shape, wanted: (field: Field) => boolean): readonly number[] {
  return shape.entity.fields
    .filter((field) => !shape.isKey.has(field.ordinal) && !shape.protected.has(field.ordinal) && wanted(field))
    .map((field) => field.ordinal);
}

/** `*` clears neither the row's expiry nor its immutable fields by merely not mentioning them. */
function isKept(shape: Shape, field: Field, entity: Sparse): boolean {
  if (field.ordinal !== shape.entity.managed.expiresAt && !field.immutable) return false;
  return !isPresent(field, entity[field.ordinal]);
}

function refuseUnwritable(shape: Shape, field: Field | undefined): void {
  if (!field) return;
  if (shape.isKey.has(field.ordinal))
    throw invalid("update_mask", `"${field.name}" is a key field, which an Update cannot change; leave it out`);
  if (shape.protected.has(field.ordinal))
    throw invalid("update_mask", `"${field.name}" is written by the sidecar alone; leave it out`);
}

/** Ordinals as named; undefined for `*`. */
function pathsOf(shape: Shape, mask: readonly string[], field: string): readonly number[] | undefined {
  if (mask.includes("*")) {
    if (mask.length > 1) throw invalid(field, `"*" names every field already; send it alone`);
    return undefined;
  }
  return mask.map((path) => {
    const found = shape.byName.get(path);
    if (!found) throw invalid(field, unknownPath(shape, path));
    return found.ordinal;
  });
}

function unknownPath(shape: Shape, path: string): string {
  const top = path.split(".", 1)[0] ?? "";
  return path.includes(".") && shape.byName.has(top)
    ? `a path names a top-level field; write "${top}"`
    : `a path names no stored field of ${shape.entity.name}`;
}

function invalid(field: string, message: string): Fault {
  return new Fault("MASK_INVALID", `${field}: ${message}`, { field });
}

/** Ascending, each once. */
function union(some: readonly number[], others: readonly number[]): readonly number[] {
  return [...new Set([...some, ...others])].toSorted((a, b) => a - b);
}
