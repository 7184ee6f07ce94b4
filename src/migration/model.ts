/** A contract as a model, so that rows under it are read and written by the code that serves entities. */

import type { EntityModel, ManagedFields, OrderTerm } from "../model/entity.ts";
import type { Field } from "../model/field.ts";
import { NO_WIRE } from "./contract-text.ts";
import type { Contract, ContractTerm } from "./contract.ts";

/** Holds what stores need to know; what only callers meet (masks, generators, limits of the wire) is not in a contract. */
export function modelOf(contract: Contract): EntityModel {
  const ordered = contract.fields.toSorted((a, b) => a.number - b.number);
  const fields = ordered.map(({ number, name, column, type, presence, maxLength, oneof }, ordinal): Field => ({
    number,
    name,
    column,
    type,
    presence,
    maxLength,
    ordinal,
    wire: NO_WIRE,
    renamedFrom: [],
    immutable: false,
    sensitive: false,
    required: false,
    ...(oneof !== undefined && { oneof }),
  }));
  const ordinals = new Map(fields.map(({ number, ordinal }) => [number, ordinal]));
  const ordinalOf = (number: number): number => {
    const ordinal = ordinals.get(number);
    if (ordinal === undefined) throw new TypeError(`the contract of ${contract.entity} has no field ${number}`);
    return ordinal;
  };
  const term = ({ number, desc }: ContractTerm): OrderTerm => ({ ordinal: ordinalOf(number), desc });
  const managed: ManagedFields = Object.fromEntries(
    contract.managed.map(({ kind, number }) => [kind, ordinalOf(number)]),
  );
  return {
    name: contract.entity,
    service: "",
    store: "",
    table: contract.table,
    renamedFrom: [],
    fields,
    message: { name: contract.entity, fields, ignored: [] },
    key: contract.key.map((part) => ({ ...term(part), partition: part.partition })),
    indexes: contract.indexes.map(({ name, physical, parts, unique }) => ({
      name,
      physical,
      parts: parts.map(term),
      unique,
    })),
    managed,
    defaultOrder: [],
  };
}
