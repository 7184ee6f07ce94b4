/** What an adapter will do for one query: where it enters, in which order rows come, and what it leaves to others. */

import type { EntityModel, IndexModel, OrderTerm } from "../model/entity.ts";
import type { Filter } from "../model/filter.ts";
import type { Value } from "../model/value.ts";

export interface Plan {
  readonly entity: EntityModel;
  readonly access: Access;
  /** Evaluated by the adapter on the rows of the access path. */
  readonly pushed?: Filter;
  /** Left to the repository, which evaluates it on what the adapter delivers. */
  readonly residual?: Filter;
  /** Whether rows must be examined that the access path does not bound: the filter is not "served" (DESIGN section 5.4). */
  readonly needsScan: boolean;
  /** Whether rows come in the order that was asked (true when none was). */
  readonly ordered: boolean;
  /** The complete order rows come in, ties included; what a keyset cursor holds. Empty: a stable order of the store's own. */
  readonly order: readonly OrderTerm[];
  /** The index has part of each row: what a read needs besides is fetched by key. */
  readonly fetchesRows?: true;
  /** Only this part of its rows. Absent is all of them. */
  readonly segment?: Segment;
  /** Where it needs a scan or is not ordered: the index that would help, for people, for example `(status, created_at desc)`. */
  readonly wanted?: string;
}

/** One of several parts that together are all rows of a plan, each row in one of them, also while rows and servers come and go. */
export interface Segment {
  /** From 0. */
  readonly index: number;
  readonly of: number;
}

export type Access =
  /** Every row. */
  | { readonly kind: "full" }
  /** Rows with these keys' ranges, or with these ranges of an index. */
  | { readonly kind: "key"; readonly ranges: readonly Range[]; readonly reverse: boolean }
  | {
      readonly kind: "index";
      readonly index: IndexModel;
      readonly ranges: readonly Range[];
      readonly reverse: boolean;
    };

/**
 * A contiguous part of a key or index: equal leading values, then at most one bound on the next part. A bound or prefix
 * leaves out the rows that lack that part's value.
 */
export interface Range {
  readonly eq: readonly Value[];
  readonly lower?: Bound;
  readonly upper?: Bound;
  /** For strings, instead of bounds. */
  readonly prefix?: string;
}

export interface Bound {
  readonly value: Value;
  readonly inclusive: boolean;
}
