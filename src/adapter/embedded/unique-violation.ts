/** The error of stores that keep unique indexes themselves, and what it means to callers. */

import type { EntityModel, IndexModel } from "../../model/entity.ts";
import { Fault } from "../../model/fault.ts";
import { DocumentError } from "../document/json.ts";

/** A write would have put a second row under one value of a unique index. */
export class UniqueViolation extends Error {
  override readonly name = "UniqueViolation";
  readonly entity: EntityModel;
  readonly index: IndexModel;

  constructor(entity: EntityModel, index: IndexModel) {
    super(`${entity.name} has another row with the same values in ${index.name}`);
    this.entity = entity;
    this.index = index;
  }
}

/** For callers; undefined for any other error. */
export function violationFault(error: unknown): Fault | undefined {
  if (!(error instanceof UniqueViolation)) return undefined;
  const { entity, index } = error;
  return new Fault("UNIQUE_VIOLATION", `another row has these values already, and the index ${index.name} is unique`, {
    entity: entity.name,
    constraint: index.name,
    cause: error,
  });
}

/** @param own what errors of the store's engine mean; undefined for those it does not know */
export function classify(error: unknown, own: (error: unknown) => Fault | undefined = () => undefined): Fault {
  if (error instanceof Fault) return error;
  if (error instanceof DocumentError)
    return new Fault("STORE_CORRUPT", "a stored value is malformed", { cause: error });
  return (
    violationFault(error) ??
    own(error) ??
    new Fault("INTERNAL", "the store failed in a way that was not foreseen", { cause: error })
  );
}
