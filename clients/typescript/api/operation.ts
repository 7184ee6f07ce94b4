/** Calls as data, for transactions and batches. */

import type { CallOptions } from "./options.ts";

declare const result: unique symbol;
declare const entity: unique symbol;

/** Made by `op` of a method. Carried out only by `transaction` or `batchWrite`, as often as it is handed to one. */
export interface Operation<Result> {
  readonly [result]?: Result;
  readonly method: string;
  /** Full name of its entity. */
  readonly entity: string;
}

/** One that `batchWrite` of its entity takes, too. */
export interface WriteOperation<Types, Result> extends Operation<Result> {
  /** For the compiler alone: without it a read would be one, too. */
  readonly [entity]: Types;
}

/** What a list of operations answers, position by position. */
export type ResultsOf<Operations extends readonly Operation<unknown>[]> = {
  -readonly [I in keyof Operations]: Operations[I] extends Operation<infer R> ? R : never;
};

export interface BatchWriteOptions {
  /** All or nothing. */
  readonly atomic?: boolean | undefined;
  /** For the whole batch; needs `atomic`. */
  readonly requestId?: string | true | undefined;
}

/** The store's default when absent. */
export type Isolation = "readCommitted" | "repeatableRead" | "snapshot" | "serializable";

export interface TransactionOptions extends CallOptions {
  readonly isolation?: Isolation | undefined;
  readonly requestId?: string | true | undefined;
}
