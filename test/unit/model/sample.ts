/** Entities for tests of the model and of planners, written as data: no schema, no files. */

import type { EntityModel, IndexModel, KeyPart, ManagedFields, OrderTerm } from "../../../src/model/entity.ts";
import type { Field, FieldType, MessageField, MessageType, ScalarType } from "../../../src/model/field.ts";
import type { EntityRecord, Value } from "../../../src/model/value.ts";

export const text: ScalarType = { kind: "string" };
export const bytes: ScalarType = { kind: "bytes" };
export const bool: ScalarType = { kind: "bool" };
export const int32: ScalarType = { kind: "int32" };
export const uint32: ScalarType = { kind: "uint32" };
export const int64: ScalarType = { kind: "int64" };
export const uint64: ScalarType = { kind: "uint64" };
export const float: ScalarType = { kind: "float" };
export const double: ScalarType = { kind: "double" };
export const timestamp: ScalarType = { kind: "timestamp" };
export const money: ScalarType = { kind: "decimal", precision: 6, scale: 2 };
export const list = (element: ScalarType): FieldType => ({ kind: "list", element, set: false });
export const set = (element: ScalarType): FieldType => ({ kind: "list", element, set: true });
export const map = (value: ScalarType): FieldType => ({ kind: "map", key: { kind: "string" }, value });

export interface FieldSpec {
  readonly type: FieldType;
  readonly plain?: boolean;
  readonly immutable?: boolean;
  readonly required?: boolean;
}

export type FieldSpecs = { readonly [name: string]: FieldType | FieldSpec };

export interface EntitySpec {
  readonly name?: string;
  readonly fields: FieldSpecs;
  /** Names, "desc" behind a space; the first is the partition. */
  readonly key: readonly string[];
  readonly indexes?: readonly (readonly string[])[];
  readonly unique?: readonly (readonly string[])[];
  readonly managed?: { readonly [Kind in keyof ManagedFields]?: string };
}

export function entityOf(spec: EntitySpec): EntityModel {
  const fields = Object.entries(spec.fields).map(([name, given], ordinal) => fieldOf(name, given, ordinal));
  const name = spec.name ?? "test.Sample";
  const ordinal = (field: string): number => ordinalIn(fields, field);
  const term = (part: string): OrderTerm => {
    const [field = "", direction] = part.split(" ");
    return { ordinal: ordinal(field), desc: direction === "desc" };
  };
  const index = (parts: readonly string[], unique: boolean): IndexModel => ({
    name: `by_${parts.join("_").replaceAll(" ", "_")}`,
    parts: parts.map(term),
    unique,
  });
  return {
    name,
    service: `${name}Repository`,
    store: "default",
    table: "samples",
    renamedFrom: [],
    fields,
    message: { name, fields, ignored: [] },
    key: spec.key.map((part, i): KeyPart => ({ ...term(part), partition: i === 0 })),
    indexes: [
      ...(spec.indexes ?? []).map((parts) => index(parts, false)),
      ...(spec.unique ?? []).map((parts) => index(parts, true)),
    ],
    managed: Object.fromEntries(Object.entries(spec.managed ?? {}).map(([kind, field]) => [kind, ordinal(field)])),
    defaultOrder: [],
  };
}

function fieldOf(name: string, given: FieldType | FieldSpec, ordinal: number): Field {
  const spec: FieldSpec = "type" in given ? given : { type: given };
  const collection = spec.type.kind === "list" || spec.type.kind === "map";
  return {
    name,
    number: ordinal + 1,
    ordinal,
    type: spec.type,
    presence: !collection && spec.plain !== true,
    wire: { encoding: "varint", packed: true, wrapper: false },
    column: name,
    renamedFrom: [],
    immutable: spec.immutable ?? false,
    sensitive: false,
    required: spec.required ?? false,
    maxLength: 0,
  };
}

function ordinalIn(fields: readonly MessageField[], name: string): number {
  const field = fields.find((candidate) => candidate.name === name);
  if (!field) throw new TypeError(`no field ${name}`);
  return field.ordinal;
}

export function ordinalOf(message: { readonly fields: MessageType["fields"] }, name: string): number {
  return ordinalIn(message.fields, name);
}

/** Only what is named; the rest is undefined. */
export function sparseOf(
  message: { readonly fields: MessageType["fields"] },
  values: { readonly [name: string]: Value },
): EntityRecord {
  const record: (Value | undefined)[] = message.fields.map(() => undefined);
  for (const [name, value] of Object.entries(values)) record[ordinalIn(message.fields, name)] = value;
  return record;
}
