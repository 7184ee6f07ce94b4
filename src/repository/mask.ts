/** Field masks: which fields an answer shows, and which an Update writes. Paths name top-level fields. */

import type { EntityModel } from "../model/entity.ts";
import { Fault } from "../model/fault.ts";
import type { Field } from "../model/field.ts";
import { isPresent } from "../model/record.ts";
import type { Mask, Sparse } from "./operation.ts";
import type { EntityLayout } from "./entity-layout.ts";

/** What an answer shows. */
export interface Shown {
  /** Ascending ordinals; undefined is all. */
  readonly fields: readonly number[] | undefined;
  /** Only a write's answer can be of key fields alone; then nothing needs to be read back. */
  readonly keyOnly: boolean;
}

const ALL: Shown = { fields: undefined, keyOnly: false };

/** What a read shows: key and version always, and what the mask names. */
export function readMask(layout: EntityLayout, mask: Mask): readonly number[] | undefined {
  if (!mask || mask.length === 0) return undefined;
  const named = pathsOf(layout, mask, "read_mask");
  return named && union(layout.always, named);
}

/** Of rows of several entities: what each shows, which is what it has of the paths. One that none of them has is refused. */
export function readMasks(
  entities: readonly EntityModel[],
  mask: Mask,
): (layout: EntityLayout) => readonly number[] | undefined {
  if (!mask || mask.length === 0) return () => undefined;
  const known = new Set(["*", ...entities.flatMap(({ fields }) => fields.map(({ name }) => name))]);
  if (!mask.every((path) => known.has(path)))
    throw invalid("read_mask", "a path names no stored top-level field of any of the entities");
  return (layout) => {
    const own = mask.filter((path) => path === "*" || layout.byName.has(path));
    const named = pathsOf(layout, own, "read_mask");
    return named && union(layout.always, named);
  };
}

/** What a write's answer shows: as a read, but key fields alone where the mask names nothing else. */
export function writeMask(layout: EntityLayout, mask: Mask): Shown {
  if (!mask || mask.length === 0) return ALL;
  const named = pathsOf(layout, mask, "read_mask");
  if (!named) return ALL;
  if (named.every((ordinal) => layout.isKey.has(ordinal)))
    return { fields: union(layout.keyOrdinals, []), keyOnly: true };
  return { fields: union(layout.always, named), keyOnly: false };
}

/** The fields an Update sets from `entity`, or clears. Ascending. */
export function updateMask(layout: EntityLayout, mask: Mask, entity: Sparse): readonly number[] {
  if (!mask || mask.length === 0) return writable(layout, (field) => isPresent(field, entity[field.ordinal]));
  const named = pathsOf(layout, mask, "update_mask");
  if (!named) return writable(layout, (field) => !isKept(layout, field, entity));
  for (const ordinal of named) refuseUnwritable(layout, layout.entity.fields[ordinal]);
  return union([], named);
}

function writable(layout: EntityLayout, wanted: (field: Field) => boolean): readonly number[] {
  return layout.entity.fields
    .filter((field) => !layout.isKey.has(field.ordinal) && !layout.protected.has(field.ordinal) && wanted(field))
    .map((field) => field.ordinal);
}

/** `*` clears neither the row's expiry nor its immutable fields by merely not mentioning them. */
function isKept(layout: EntityLayout, field: Field, entity: Sparse): boolean {
  if (field.ordinal !== layout.entity.managed.expiresAt && !field.immutable) return false;
  return !isPresent(field, entity[field.ordinal]);
}

function refuseUnwritable(layout: EntityLayout, field: Field | undefined): void {
  if (!field) return;
  if (layout.isKey.has(field.ordinal))
    throw invalid("update_mask", `"${field.name}" is a key field, which an Update cannot change; leave it out`);
  if (layout.protected.has(field.ordinal))
    throw invalid("update_mask", `"${field.name}" is written by the sidecar alone; leave it out`);
}

/** Ordinals as named; undefined for `*`. */
function pathsOf(layout: EntityLayout, mask: readonly string[], field: string): readonly number[] | undefined {
  if (mask.includes("*")) {
    if (mask.length > 1) throw invalid(field, `"*" names every field already; send it alone`);
    return undefined;
  }
  return mask.map((path) => {
    const found = layout.byName.get(path);
    if (!found) throw invalid(field, unknownPath(layout, path));
    return found.ordinal;
  });
}

function unknownPath(layout: EntityLayout, path: string): string {
  const top = path.split(".", 1)[0] ?? "";
  return path.includes(".") && layout.byName.has(top)
    ? `a path names a top-level field; write "${top}"`
    : `a path names no stored field of ${layout.entity.name}`;
}

function invalid(field: string, message: string): Fault {
  return new Fault("MASK_INVALID", `${field}: ${message}`, { field });
}

/** Ascending, each once. */
function union(some: readonly number[], others: readonly number[]): readonly number[] {
  return [...new Set([...some, ...others])].toSorted((a, b) => a - b);
}
