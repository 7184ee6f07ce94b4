/** What an Update asks, as changes: what its mask sets or clears, and what increment, append and remove do. */

import { Fault } from "../../model/fault.ts";
import type { ElementType, Field, FieldType } from "../../model/field.ts";
import type { Change } from "../../model/mutation.ts";
import { isPresent, normaliseValue } from "../../model/record.ts";
import type { EntityRecord, Value } from "../../model/value.ts";
import { absentValue } from "../../model/zero.ts";
import { updateMask } from "../mask.ts";
import type { Sparse, UpdateRequest } from "../operation.ts";
import type { EntityLayout } from "../entity-layout.ts";
import { normaliseEntity } from "./validate-entity.ts";

type RequestedChanges = Pick<UpdateRequest, "updateMask" | "increment" | "append" | "remove">;
type Delta = "increment" | "append" | "remove";

/** Ascending by ordinal, one per field. Values are in normal form, those of cleared fields without presence too. */
export function changesOf(layout: EntityLayout, entity: Sparse, asked: RequestedChanges): readonly Change[] {
  const changes = new Map<number, Change>();
  const record = normaliseEntity(layout, entity);
  for (const ordinal of updateMask(layout, asked.updateMask, entity))
    changes.set(ordinal, { kind: "set", ordinal, value: record[ordinal] });
  for (const kind of ["increment", "append", "remove"] as const) addDeltas(layout, changes, kind, asked[kind]);
  if (changes.size === 0)
    throw new Fault("UPDATE_EMPTY", "the update names no field; set fields of entity, or name some in update_mask", {
      field: "update_mask",
    });
  clearSiblings(layout, changes);
  return [...changes.values()].toSorted((a, b) => a.ordinal - b.ordinal);
}

function addDeltas(layout: EntityLayout, changes: Map<number, Change>, kind: Delta, message: Sparse | undefined): void {
  if (!message) return;
  for (const field of layout.entity.fields) {
    const value = message[field.ordinal];
    if (value === undefined || !isPresent(field, value)) continue;
    refuseDelta(layout, kind, field);
    if (changes.has(field.ordinal))
      throw invalid(kind, field, "is changed in another way by the same update; name it once");
    changes.set(field.ordinal, deltaOf(layout, kind, field, value));
  }
}

function deltaOf(layout: EntityLayout, kind: Delta, field: Field, value: Value): Change {
  const { ordinal } = field;
  if (kind !== "increment")
    return { kind, ordinal, value: layout.truncate.value(field.type, normaliseValue(field.type, value)) };
  if (typeof value !== "number" && typeof value !== "bigint") throw invalid(kind, field, "is not a number");
  return { kind, ordinal, by: value };
}

function refuseDelta(layout: EntityLayout, kind: Delta, field: Field): void {
  if (layout.isKey.has(field.ordinal)) throw invalid(kind, field, "is a key field, which an Update cannot change");
  if (layout.managed.has(field.ordinal)) throw invalid(kind, field, "is a managed field; leave it out");
  if (field.immutable)
    throw new Fault("FIELD_IMMUTABLE", `${kind}.${field.name} is immutable: set by Create and never changed`, {
      field: `${kind}.${field.name}`,
    });
  const unfit = unfitFor(kind, field.type);
  if (unfit !== undefined) throw invalid(kind, field, unfit);
}

/** Why fields of a type cannot be changed in this way. */
function unfitFor(kind: Delta, type: FieldType): string | undefined {
  switch (kind) {
    case "increment":
      return isNumeric(type) ? undefined : "is not a number; only numbers and decimals can be incremented";
    case "append":
      return type.kind === "list" || type.kind === "map" ? undefined : "is neither a list nor a map; set it instead";
    case "remove":
      if (type.kind === "map") return undefined;
      if (type.kind !== "list") return "is neither a list nor a map; clear it by update_mask instead";
      return isMessage(type.element) ? "holds messages, which cannot be removed by value; replace the list" : undefined;
  }
}

/** On the wire: timestamps and durations are messages, too. */
function isMessage({ kind }: ElementType): boolean {
  return kind === "message" || kind === "timestamp" || kind === "duration";
}

function isNumeric(type: FieldType): boolean {
  switch (type.kind) {
    case "int32":
    case "uint32":
    case "int64":
    case "uint64":
    case "float":
    case "double":
    case "decimal":
      return true;
    case "bool":
    case "string":
    case "bytes":
    case "timestamp":
    case "duration":
    case "enum":
    case "message":
    case "list":
    case "map":
      return false;
  }
}

/** Setting a member of a oneof clears the others; two set at once is a contradiction. */
function clearSiblings(layout: EntityLayout, changes: Map<number, Change>): void {
  for (const members of layout.oneofs.values()) {
    const set = members.filter((ordinal) => fills(changes.get(ordinal)));
    const [first, second] = set;
    if (first === undefined) continue;
    const other = second === undefined ? undefined : layout.entity.fields[second];
    if (other)
      throw invalid("entity", other, "and another member of its oneof are both given a value; only one can have one");
    for (const ordinal of members) {
      const field = layout.entity.fields[ordinal];
      if (ordinal === first || changes.has(ordinal) || !field) continue;
      changes.set(ordinal, { kind: "set", ordinal, value: absentValue(field) });
    }
  }
}

function fills(change: Change | undefined): boolean {
  if (!change) return false;
  return change.kind !== "set" || change.value !== undefined;
}

/** What the changes give to fields, positional, so that lengths can be checked like an entity's. */
export function givenBy(layout: EntityLayout, changes: readonly Change[]): EntityRecord {
  const record: (Value | undefined)[] = layout.entity.fields.map(() => undefined);
  for (const change of changes)
    if (change.kind === "set" || change.kind === "append") record[change.ordinal] = change.value;
  return record;
}

function invalid(kind: string, field: Field, message: string): Fault {
  const path = `${kind}.${field.name}`;
  return new Fault("FIELD_INVALID", `${path} ${message}`, { field: path });
}
