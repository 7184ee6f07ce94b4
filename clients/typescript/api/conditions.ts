/**
 * Conditions on one field, as generated `where` types name them. A bare value means `eq`; all members that are set must hold.
 * Every one but `isNull` is false on an absent value. One with nothing set, and one with a member that is undefined, is refused.
 */

import type { Duration } from "../value/duration.ts";
import type { TimestampInput } from "../value/timestamp.ts";

export interface Equality<V> {
  readonly eq?: V;
  /** Another value; false on an absent one. */
  readonly ne?: V;
  /** Up to 100 values, at least one. */
  readonly oneOf?: readonly V[];
  /** Whether the field is absent. */
  readonly isNull?: boolean;
}

export interface Ordering<V> extends Equality<V> {
  readonly lt?: V;
  readonly lte?: V;
  readonly gt?: V;
  readonly gte?: V;
}

/** Order is by code point. */
export interface StringPredicate extends Ordering<string> {
  readonly startsWith?: string;
  readonly contains?: string;
}

export type StringCondition = string | StringPredicate;
/** Decimals as text, compared as numbers: "1.50" equals "1.5". */
export type DecimalCondition = string | Ordering<string>;
/** For integers of up to 32 bits, float and double. */
export type NumberCondition = number | Ordering<number>;
/** For integers of 64 bits. */
export type BigintCondition = bigint | Ordering<bigint>;
export type BooleanCondition = boolean | Omit<Equality<boolean>, "oneOf">;
export type BytesCondition = Uint8Array | Equality<Uint8Array>;
export type EnumCondition<Name extends string | number> = Name | Equality<Name>;
export type TimestampCondition = TimestampInput | Ordering<TimestampInput>;
export type DurationCondition = Duration | Ordering<Duration>;

/** For messages, which can only be there or not. */
export interface PresenceCondition {
  readonly isNull?: boolean;
}

/** For lists and maps whose elements cannot be searched. */
export interface EmptinessCondition {
  readonly isEmpty?: boolean;
}

/** For lists, and for the keys of maps. */
export interface ListCondition<V> extends EmptinessCondition {
  readonly has?: V;
  readonly hasAny?: readonly V[];
  readonly hasAll?: readonly V[];
}
