/** What went wrong at a database server, as far as servers are alike. */

import { Fault, type FaultDetail } from "../../../model/fault.ts";
import type { Reason } from "../../../model/reason.ts";
import type { EntityModel } from "../../../model/entity.ts";
import { DocumentError } from "../../document/json.ts";
import { NotConnected, outcomeUnknown, OutcomeUnknown, unreachable } from "../../runtime/link-failure.ts";
import { LinkLost } from "./connection/link.ts";

/** What one server's codes mean. */
export interface ServerFailures {
  /** Undefined where the server did not say it. */
  codeOf(error: unknown): string | undefined;
  isUnique(code: string): boolean;
  /** Whether a row refers to one that is not there, or is referred to. */
  isReference(code: string): boolean;
  /** Whether arithmetic left a column's type. */
  isRange(code: string): boolean;
  /** Whether a statement asked for a column that is not there. */
  isNoColumn(code: string): boolean;
  /** Whether a statement may have been committed nevertheless. */
  isUncertain(code: string): boolean;
  /** Whether the server undid what it was asked to do, and asks for all of it again, also where one statement was the whole; absent is never. */
  isRestart?(code: string): boolean;
  /** Whether the server takes no writes any more. */
  isReadOnly(code: string): boolean;
  /** The constraint or index in the way, where it is one of these. */
  constraintOf(error: unknown, names: readonly string[]): string | undefined;
  /** What `constraintOf` answers of the key, where an INSERT fails on a key that is taken. */
  readonly keyName?: string;
  /** Why no connection was made, as far as this server or its driver tells it in a way of its own: a clause without names, hosts or secrets. */
  refusalOf(error: unknown): string | undefined;
  meaningOf(code: string, detail: FaultDetail): Fault;
}

/** A write that met another row in a unique index. */
export class UniqueTaken extends Error {
  override readonly name = "UniqueTaken";
  readonly entity: EntityModel;
  /** In the model; undefined where the server names one that is not the entity's. */
  readonly index: string | undefined;

  constructor(entity: EntityModel, index: string | undefined, cause: unknown) {
    super(`${entity.name} has another row with the same values`, { cause });
    this.entity = entity;
    this.index = index;
  }
}

export function classifyWith(failures: ServerFailures, error: unknown): Fault {
  if (error instanceof Fault) return error;
  if (error instanceof UniqueTaken)
    return new Fault("UNIQUE_VIOLATION", "another row has these values in a unique index", {
      cause: error,
      entity: error.entity.name,
      ...(error.index !== undefined && { constraint: error.index }),
    });
  if (error instanceof DocumentError)
    return new Fault("STORE_CORRUPT", "a stored value is malformed", { cause: error });
  if (error instanceof OutcomeUnknown) return outcomeUnknown(error);
  if (error instanceof NotConnected) {
    const refusal = failures.refusalOf(error.cause);
    if (refusal !== undefined) return unreachable(error, refusal);
    const code = failures.codeOf(error.cause);
    // It let nobody in: what its code says of tables and rows is not meant.
    return code !== undefined && isPassing(failures, code)
      ? failures.meaningOf(code, { cause: error })
      : unreachable(error);
  }
  if (error instanceof LinkLost) return unreachable(error);
  const code = failures.codeOf(error);
  if (code === undefined) return new Fault("INTERNAL", "the store failed in an unknown way", { cause: error });
  return failures.meaningOf(code, { cause: error });
}

/** Whether the server refused a statement because of the table or of who asked, and would again. */
export function isRefused(failures: ServerFailures, error: unknown): boolean {
  const code = failures.codeOf(error);
  return code !== undefined && failures.meaningOf(code, {}).reason === "SCHEMA_DRIFT";
}

/** Undefined where the server does not let the user of the store. */
export async function unlessRefused<Result>(
  failures: ServerFailures,
  asked: Promise<Result>,
): Promise<Result | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (isRefused(failures, error)) return undefined;
    throw error;
  }
}

const PASSING: ReadonlySet<Reason> = new Set([
  "TRANSACTION_CONFLICT",
  "STORE_UNAVAILABLE",
  "STORE_READ_ONLY",
  "STORE_FULL",
  "POOL_EXHAUSTED",
]);

/** Whether what a statement failed with lies in the moment: others that were in the way, or a server that has no room just now. */
export function isPassing({ meaningOf }: Pick<ServerFailures, "meaningOf">, code: string): boolean {
  return PASSING.has(meaningOf(code, {}).reason);
}

/** What a write fails with that was sent with nothing to take it back. */
export function unlessUncertain(failures: ServerFailures, error: unknown): unknown {
  if (error instanceof LinkLost) return new OutcomeUnknown(error);
  const code = failures.codeOf(error);
  return code !== undefined && failures.isUncertain(code) ? new OutcomeUnknown(error) : error;
}
