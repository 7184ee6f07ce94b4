/** What is asked of a collection of rows. */

import type { EntityModel, OrderTerm } from "./entity.ts";
import type { Filter } from "./filter.ts";

/** A question about many rows of one entity, before anything is planned. */
export interface Query {
  readonly entity: EntityModel;
  /** Folded (see `repository/`): no constants inside, operands representable in their field. Absent asks for all rows. */
  readonly where?: Filter;
  /** Empty: the caller does not mind. */
  readonly order: readonly OrderTerm[];
}

/** Which of the stored rows are there for this call. */
export interface Visibility {
  /** Whether soft-deleted rows are shown. */
  readonly deleted: boolean;
  /** Nanoseconds; rows whose expires_at is at or before it are not there. */
  readonly now: bigint;
}

/**
 * How fresh a read must be and how many replicas a write must reach, by the names of `pannier.v1.Consistency`.
 * Undefined is the store's default.
 */
export type Consistency = (typeof CONSISTENCIES)[number];

export const CONSISTENCIES = [
  "strong",
  "eventual",
  "one",
  "two",
  "three",
  "quorum",
  "all",
  "local_one",
  "local_quorum",
  "each_quorum",
  "serial",
  "local_serial",
  "any",
] as const;

export type Isolation = "read_committed" | "repeatable_read" | "snapshot" | "serializable";
