/** Changes that people make, each as the entity before and after. */

import type { EntityModel } from "../../../src/model/entity.ts";
import type { FieldType } from "../../../src/model/field.ts";
import { entityOf, type EntityParts, type FieldRow } from "./entities.ts";
import { address, grownAddress, grownStatus, status, wideAddress, message } from "./types.ts";

export interface Change {
  readonly what: string;
  readonly before: EntityModel;
  readonly after: EntityModel;
}

const text: FieldType = { kind: "string" };
const int32: FieldType = { kind: "int32" };
const int64: FieldType = { kind: "int64" };
const moment: FieldType = { kind: "timestamp" };
const optional = { presence: true };

const id: FieldRow = [1, "id", text];

/** A field 2 of one type, then of another. */
function retyped(what: string, from: FieldType, to: FieldType): Change {
  return fields(what, [[2, "value", from]], [[2, "value", to]]);
}

function fields(
  what: string,
  before: readonly FieldRow[],
  after: readonly FieldRow[],
  more: Omit<EntityParts, "fields"> = {},
): Change {
  return changed(what, { ...more, fields: [id, ...before] }, { ...more, fields: [id, ...after] });
}

function changed(what: string, before: EntityParts, after: EntityParts): Change {
  return { what, before: entityOf(before), after: entityOf(after) };
}

function indexed(what: string, before: EntityParts["indexes"], after: EntityParts["indexes"]): Change {
  const rows: readonly FieldRow[] = [id, [2, "email", text], [3, "name", text]];
  return changed(what, { fields: rows, indexes: before ?? [] }, { fields: rows, indexes: after ?? [] });
}

const owned = { references: { entity: "t.Owner", onDelete: "restrict" } } as const;
const byEmail = { name: "by_email", fields: ["email"] };
const cyclic = message("t.Address", [[1, "road", text], [2, "floor", int32]]); // prettier-ignore

export const changes: readonly Change[] = [
  changed("the table's name", { fields: [id] }, { fields: [id], table: "items" }),
  fields("a longer max_length", [[2, "value", text, { maxLength: 10 }]], [[2, "value", text, { maxLength: 20 }]]),
  fields("a shorter max_length", [[2, "value", text, { maxLength: 20 }]], [[2, "value", text, { maxLength: 10 }]]),
  fields("a reference that is not enforced any more", [[2, "value", text, owned]], [[2, "value", text]]),
  fields("a reference that is enforced now", [[2, "value", text]], [[2, "value", text, owned]]),
  fields("a field added", [], [[2, "value", text]]),
  fields("a field renamed, same number", [[2, "value", text]], [[2, "amount", text]]),
  fields("a field removed", [[2, "value", text]], []),
  fields("a removed field's name under a new number", [[2, "value", text]], [[7, "value", text]]),
  fields("two fields swap their names", [[2, "a", text], [3, "b", text]], [[2, "b", text], [3, "a", text]]),
  retyped("a field of an embedded message renamed", { kind: "message", message: address }, { kind: "message", message: cyclic }),
  retyped("a field of an embedded message added", { kind: "message", message: address }, { kind: "message", message: grownAddress }),
  retyped("a field of an embedded message removed", { kind: "message", message: grownAddress }, { kind: "message", message: address }),
  retyped("a field of an embedded message int32 → int64", { kind: "message", message: address }, { kind: "message", message: wideAddress }),
  retyped("an enum grown", { kind: "enum", enum: status }, { kind: "enum", enum: grownStatus }),
  retyped("an enum shrunk", { kind: "enum", enum: grownStatus }, { kind: "enum", enum: status }),
  retyped("int32 → int64", int32, int64),
  retyped("int64 → int32", int64, int32),
  retyped("int64 → uint64", int64, { kind: "uint64" }),
  retyped("int64 → Timestamp", int64, moment),
  retyped("int32 → bool", int32, { kind: "bool" }),
  retyped("float → double", { kind: "float" }, { kind: "double" }),
  retyped("double → float", { kind: "double" }, { kind: "float" }),
  retyped("decimal(10,2) → decimal(18,2)", { kind: "decimal", precision: 10, scale: 2 }, { kind: "decimal", precision: 18, scale: 2 }),
  retyped("decimal(10,2) → decimal(12,4)", { kind: "decimal", precision: 10, scale: 2 }, { kind: "decimal", precision: 12, scale: 4 }),
  retyped("decimal(30,2) → decimal(40,2)", { kind: "decimal", precision: 30, scale: 2 }, { kind: "decimal", precision: 40, scale: 2 }),
  retyped("decimal(10,2) → decimal(8,2)", { kind: "decimal", precision: 10, scale: 2 }, { kind: "decimal", precision: 8, scale: 2 }),
  retyped("string → Duration", text, { kind: "duration" }),
  retyped("string → message", text, { kind: "message", message: address }),
  retyped("repeated int32 → string", { kind: "list", element: { kind: "int32" }, set: false }, text),
  retyped("string → repeated string", text, { kind: "list", element: { kind: "string" }, set: false }),
  fields("plain → optional", [[2, "value", int32]], [[2, "value", int32, optional]]),
  fields("optional → plain", [[2, "value", int32, optional]], [[2, "value", int32]]),
  fields("two fields joined in a oneof", [[2, "a", text, optional], [3, "b", text, optional]], [[2, "a", text, { presence: true, oneof: 0 }], [3, "b", text, { presence: true, oneof: 0 }]]),
  indexed("an index added", [], [byEmail]),
  indexed("an index dropped", [byEmail], []),
  indexed("an index's fields changed under one name", [byEmail], [{ name: "by_email", fields: ["email", "name desc"] }]),
  indexed("unique added", [], [{ ...byEmail, unique: true }]),
  indexed("unique taken away, the index kept", [{ ...byEmail, unique: true }], [byEmail]),
  indexed("unique index dropped", [{ ...byEmail, unique: true }], []),
  changed("soft delete added, beside a unique index",
    { fields: [id, [2, "email", text]], indexes: [{ ...byEmail, unique: true }] },
    { fields: [id, [2, "email", text], [3, "deleted_at", moment, optional]], indexes: [{ ...byEmail, unique: true }], managed: { deletedAt: "deleted_at" } }),
  changed("soft delete taken away",
    { fields: [id, [3, "deleted_at", moment, optional]], managed: { deletedAt: "deleted_at" } },
    { fields: [id, [3, "deleted_at", moment, optional]] }),
  changed("a timestamp becomes expires_at",
    { fields: [id, [3, "until", moment, optional]] },
    { fields: [id, [3, "until", moment, optional]], managed: { expiresAt: "until" } }),
  changed("key n → n desc",
    { fields: [id, [2, "n", int64]], key: ["id", "n"] }, { fields: [id, [2, "n", int64]], key: ["id", "n desc"] }),
  changed("a field more in the key",
    { fields: [id, [2, "n", int64]], key: ["id"] }, { fields: [id, [2, "n", int64]], key: ["id", "n"] }),
  changed("a key field int32 → int64", { fields: [[1, "id", int32]] }, { fields: [[1, "id", int64]] }),
]; // prettier-ignore
