/** What is asked of one row, and what came of it. Meaning: `transition.ts`. */

import type { EntityModel } from "./entity.ts";
import type { Filter } from "./filter.ts";
import type { Key } from "./key.ts";
import type { EntityRecord, Value } from "./value.ts";

interface MutationBase {
  readonly entity: EntityModel;
  readonly key: Key;
  /** Nanoseconds, truncated to the store's precision: what managed timestamps become, and what expiry is measured by. */
  readonly now: bigint;
  /**
   * A Put or an Update may not make the row larger than this, but one that is larger already may shrink or stay. Absent
   * is any size. (A Create is whole before it is asked for, and is measured there.)
   */
  readonly mostBytes?: number;
  /** The row as it is left must fit into an answer: so many bytes of these fields, or of all. Absent is any size. */
  readonly answer?: { readonly fields: readonly number[] | undefined; readonly mostBytes: number };
}

/** What must hold of the row for the mutation to happen. */
export interface Precondition {
  readonly version?: bigint;
  readonly condition?: Filter;
}

/** Values the sidecar made for absent `generate` fields, used only if the mutation inserts. */
export type Generated = readonly { readonly ordinal: number; readonly value: Value }[];

/** One field's new value, or a change to its stored one. */
export type Change =
  /** undefined clears. Siblings in a oneof are cleared by changes of their own. */
  | { readonly kind: "set"; readonly ordinal: number; readonly value: Value | undefined }
  /** Numbers and decimals; an absent stored value counts as 0. */
  | { readonly kind: "increment"; readonly ordinal: number; readonly by: number | bigint }
  /** A list's elements at its end, a set's once, a map's entries merged. */
  | { readonly kind: "append"; readonly ordinal: number; readonly value: Value }
  /** Equal elements of a list or set; of a map, the keys of the given one. */
  | { readonly kind: "remove"; readonly ordinal: number; readonly value: Value };

export type Mutation =
  /** `record` is complete: managed and generated fields are in it. */
  | (MutationBase & { readonly kind: "create"; readonly record: EntityRecord })
  /** `record` has no managed fields but expires_at, unless `restore`, which stores it as it is. */
  | (MutationBase & {
      readonly kind: "put";
      readonly record: EntityRecord;
      readonly precondition?: Precondition;
      readonly generated: Generated;
      readonly restore: boolean;
    })
  | (MutationBase & {
      readonly kind: "update";
      readonly changes: readonly Change[];
      readonly precondition?: Precondition;
      readonly allowMissing: boolean;
      readonly generated: Generated;
    })
  /** `soft` marks the row as deleted instead of removing it. */
  | (MutationBase & {
      readonly kind: "delete";
      readonly soft: boolean;
      readonly allowMissing: boolean;
      readonly precondition?: Precondition;
    })
  | (MutationBase & { readonly kind: "undelete"; readonly precondition?: Precondition });

/** Why a row did not take a mutation: an answer, not an error. */
export type Rejection =
  | { readonly kind: "missing" }
  | { readonly kind: "exists"; readonly deleted: boolean }
  | { readonly kind: "version"; readonly found: bigint }
  | { readonly kind: "condition" }
  | { readonly kind: "immutable"; readonly ordinal: number }
  /** A required field would be absent after an insert by Update. */
  | { readonly kind: "required"; readonly ordinal: number }
  /** Arithmetic left the field's type. */
  | { readonly kind: "range"; readonly ordinal: number }
  /** The row would be larger than it may become, or than its answer may be. */
  | { readonly kind: "size"; readonly of: "row" | "answer"; readonly bytes: number; readonly most: number };

/** A row before and after a mutation, of one atomic step; undefined is no row. One that is soft-deleted or has expired and is still stored is a row. */
export interface Images {
  readonly before: EntityRecord | undefined;
  readonly after: EntityRecord | undefined;
}

/** What becomes of one row. */
export type Decision =
  /** Write it, whether a row is there or not. */
  | { readonly action: "store"; readonly record: EntityRecord; readonly created: boolean }
  /** Take the row away; `record` is as it was left. */
  | { readonly action: "remove"; readonly record: EntityRecord }
  /** Applied, and nothing to write; `record` is the row where there is one. */
  | { readonly action: "keep"; readonly record: EntityRecord | undefined }
  | { readonly action: "reject"; readonly because: Rejection };
