/**
 * The contract of an entity: what its rows were written under, as data. A field is its number, at every depth; names are
 * what people call it. Kept in the store, one row per entity and revision, and compared with the entity as it is now.
 */

import type { EntityModel, IndexModel, ManagedFields } from "../model/entity.ts";
import type { Field, FieldType, Reference } from "../model/field.ts";

export interface Contract {
  /** Full message name. */
  readonly entity: string;
  /** In the store; stays when the entity asks for another name. */
  readonly table: string;
  /** By number. In a store also those that the entity no longer has: their columns are kept. */
  readonly fields: readonly ContractField[];
  readonly key: readonly ContractKeyPart[];
  /** In a store also those that the entity no longer has. */
  readonly indexes: readonly ContractIndex[];
  readonly managed: readonly ContractManaged[];
}

export interface ContractField {
  readonly number: number;
  readonly name: string;
  /** Column or attribute in the store. It belongs to one number and one stored form; another form gets another column. */
  readonly column: string;
  readonly type: FieldType;
  readonly presence: boolean;
  /** Most code points or bytes; 0 is unlimited. */
  readonly maxLength: number;
  /** Number of the oneof it is a member of. */
  readonly oneof?: number;
  /** What its reference does where the store enforces it. */
  readonly onDelete: Reference["onDelete"];
}

export interface ContractTerm {
  /** Of the field. */
  readonly number: number;
  readonly desc: boolean;
}

export interface ContractKeyPart extends ContractTerm {
  readonly partition: boolean;
}

export interface ContractIndex {
  readonly name: string;
  /** In the store. */
  readonly physical: string;
  readonly parts: readonly ContractTerm[];
  readonly unique: boolean;
  /** Of a unique index: number of the soft-delete field whose rows it leaves out. */
  readonly leavesOut?: number;
}

export type ManagedName = keyof ManagedFields;

export interface ContractManaged {
  readonly kind: ManagedName;
  readonly number: number;
}

/** A contract as a store keeps it. */
export interface StoredContract {
  readonly contract: Contract;
  /** From 1, without gaps. */
  readonly revision: number;
  /** Of the entity for whose sake the row was written; see `contractDigest`. */
  readonly digest: string;
  /** RFC 3339. */
  readonly at: string;
}

export const MANAGED: readonly ManagedName[] = ["createdAt", "updatedAt", "deletedAt", "expiresAt", "version"];

/** What an entity asks for: the contract of a store that holds nothing of it yet. */
export function contractOf(entity: EntityModel): Contract {
  return {
    entity: entity.name,
    table: entity.table,
    fields: entity.fields.map(fieldOf),
    key: entity.key.map(({ ordinal, desc, partition }) => ({ number: numberAt(entity, ordinal), desc, partition })),
    indexes: entity.indexes.map((index) => indexOf(entity, index)),
    managed: MANAGED.flatMap((kind) => {
      const ordinal = entity.managed[kind];
      return ordinal === undefined ? [] : [{ kind, number: numberAt(entity, ordinal) }];
    }),
  };
}

function fieldOf({ number, name, column, type, presence, maxLength, oneof, references }: Field): ContractField {
  const onDelete = references?.onDelete ?? "none";
  return { number, name, column, type, presence, maxLength, ...(oneof !== undefined && { oneof }), onDelete };
}

function indexOf(entity: EntityModel, { name, physical, item, parts, unique }: IndexModel): ContractIndex {
  const { deletedAt } = entity.managed;
  return {
    name,
    // With a template it is the name of an index that entities share in a single table, which indexes of tables cannot.
    physical: (item ? undefined : physical) ?? `${entity.table}__${name}`,
    parts: parts.map(({ ordinal, desc }) => ({ number: numberAt(entity, ordinal), desc })),
    unique,
    ...(unique && deletedAt !== undefined && { leavesOut: numberAt(entity, deletedAt) }),
  };
}

function numberAt(entity: EntityModel, ordinal: number): number {
  const field = entity.fields[ordinal];
  if (!field) throw new TypeError(`${entity.name} has no field at ${ordinal}`);
  return field.number;
}

export function fieldByNumber(contract: Contract, number: number): ContractField | undefined {
  return contract.fields.find((field) => field.number === number);
}

/** Whether two indexes are the same one, whatever they are called in the store. */
export function isSameIndex(a: ContractIndex, b: ContractIndex): boolean {
  return (
    a.name === b.name &&
    a.unique === b.unique &&
    a.leavesOut === b.leavesOut &&
    a.parts.length === b.parts.length &&
    a.parts.every((part, i) => part.number === b.parts[i]?.number && part.desc === b.parts[i].desc)
  );
}
