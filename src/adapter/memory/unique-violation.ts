/** This store's one vendor error, and what errors mean to callers. */

import type { EntityModel, IndexModel } from "../../model/entity.ts";
import { Fault } from "../../model/fault.ts";

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

export function classify(error: unknown): Fault {
  if (error instanceof Fault) return error;
  if (error instanceof UniqueViolation) {
    return new Fault(
      "UNIQUE_VIOLATION",
      `another row has these values already, and the index ${error.index.name} is unique`,
      {
        entity: error.entity.name,
        constraint: error.index.name,
        cause: error,
      },
    );
  }
  return new Fault("INTERNAL", "the store failed in a way that was not foreseen", { cause: error });
}
