/** Small entities for plans. */

import { NO_WIRE } from "../../../src/migration/contract-text.ts";
import { contractDigest } from "../../../src/migration/contract-text.ts";
import { contractOf, type StoredContract } from "../../../src/migration/contract.ts";
import type { EntityModel } from "../../../src/model/entity.ts";
import type { Field, FieldType } from "../../../src/model/field.ts";

/** What differs from a plain field. */
export type FieldChange = Partial<Omit<Field, "number" | "name" | "type" | "ordinal">>;

export type FieldRow = readonly [number: number, name: string, type: FieldType, change?: FieldChange];

export interface EntityParts {
  readonly name?: string;
  readonly table?: string;
  readonly fields: readonly FieldRow[];
  /** Names, each with an optional " desc". */
  readonly key?: readonly string[];
  readonly indexes?: readonly {
    readonly name: string;
    readonly fields: readonly string[];
    readonly unique?: boolean;
  }[];
  /** Names by kind. */
  readonly managed?: { readonly [Kind in keyof EntityModel["managed"]]?: string };
}

export function entityOf(parts: EntityParts): EntityModel {
  const rows = parts.fields.toSorted(([a], [b]) => a - b);
  const fields = rows.map(([number, name, type, change], ordinal): Field => ({
    number,
    name,
    type,
    ordinal,
    presence: type.kind === "decimal" || type.kind === "message",
    wire: NO_WIRE,
    column: name,
    renamedFrom: [],
    immutable: false,
    sensitive: false,
    required: false,
    maxLength: 0,
    ...change,
  }));
  const term = (text: string): { ordinal: number; desc: boolean } => {
    const [name = "", direction] = text.split(" ");
    const ordinal = fields.findIndex((field) => field.name === name);
    if (ordinal < 0) throw new TypeError(`no field ${name}`);
    return { ordinal, desc: direction === "desc" };
  };
  const name = parts.name ?? "t.Thing";
  return {
    name,
    service: `${name}Repository`,
    store: "default",
    table: parts.table ?? "things",
    renamedFrom: [],
    fields,
    message: { name, fields, ignored: [] },
    key: (parts.key ?? ["id"]).map((part, i) => ({ ...term(part), partition: i === 0 })),
    indexes: (parts.indexes ?? []).map((index) => ({
      name: index.name,
      parts: index.fields.map(term),
      unique: index.unique ?? false,
    })),
    managed: Object.fromEntries(
      Object.entries(parts.managed ?? {}).map(([kind, field]) => [kind, term(field).ordinal]),
    ),
    defaultOrder: [],
  };
}

/** As a store would keep it that has seen these entities one after the other, each as it is. */
export function historyOf(...entities: readonly EntityModel[]): readonly StoredContract[] {
  return entities.map((entity, i) => {
    const contract = contractOf(entity);
    return { contract, revision: i + 1, digest: contractDigest(contract), at: "2026-01-01T00:00:00Z" };
  });
}
