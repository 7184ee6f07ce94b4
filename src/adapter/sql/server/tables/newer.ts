/** What a newer process has made of an entity, which an earlier one has no say in. */

import { contractDigest } from "../../../../migration/contract-text.ts";
import { contractOf, type StoredContract } from "../../../../migration/contract.ts";
import { isEarlierIn } from "../../../../migration/plan-change.ts";
import type { EntityModel } from "../../../../model/entity.ts";
import type { Field } from "../../../../model/field.ts";
import { withoutOldNames } from "../../surveyed.ts";

export interface Newer {
  /** Whether the contract in the database is a newer process's. */
  readonly isEarlier: boolean;
  /** Numbers of fields whose reference that process has given up, so that this one does not bring it back. */
  readonly givenUp: ReadonlySet<number>;
}

/** Where there is none. */
export const OWN: Newer = { isEarlier: false, givenUp: new Set() };

/** @param digest of the entity here */
export function newerIn(history: readonly StoredContract[], digest: string): Newer {
  if (!isEarlierIn(history, digest)) return OWN;
  const given = history.at(-1)?.contract.fields.filter(({ onDelete }) => onDelete === "none") ?? [];
  return { isEarlier: true, givenUp: new Set(given.map(({ number }) => number)) };
}

/** As its table must be: a column is not made for a reference that was given up. */
export function asKept(entity: EntityModel, history: readonly StoredContract[]): EntityModel {
  const { givenUp } = newerIn(history, contractDigest(contractOf(entity)));
  const fields = entity.fields.map((field): Field => {
    const { references } = field;
    return references && givenUp.has(field.number)
      ? { ...field, references: { ...references, onDelete: "none" } }
      : field;
  });
  return withoutOldNames({ ...entity, fields });
}
