/** What the driver's and the database's errors mean. Kinds come from names; nothing of a text reaches a caller. */

import { Fault, type FaultDetail } from "../../model/fault.ts";
import type { Reason } from "../../model/reason.ts";
import { NotSent } from "../adapter.ts";
import { DamagedRow } from "../reading/damaged-row.ts";
import { DocumentError } from "../document/json.ts";
import { violationFault } from "../embedded/unique-violation.ts";
import { OutcomeUnknown } from "../runtime/link-failure.ts";

/** The database takes no more for now. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html */
const THROTTLED: ReadonlySet<string> = new Set([
  "ProvisionedThroughputExceededException",
  "RequestLimitExceeded",
  "ThrottlingException",
  "LimitExceededException",
]);

/** Reasons of a cancelled transaction that say nothing about its rows. */
const THROTTLED_REASONS: ReadonlySet<string> = new Set(["ThrottlingError", "ProvisionedThroughputExceeded"]);

const DRIFT: ReadonlySet<string> = new Set(["ResourceNotFoundException", "AccessDeniedException"]);

const NO_CREDENTIALS: ReadonlySet<string> = new Set([
  "CredentialsProviderError",
  "ExpiredTokenException",
  "IncompleteSignatureException",
  "InvalidSignatureException",
  "MissingAuthenticationTokenException",
  "UnrecognizedClientException",
]);

/** Of the network, before anything was sent. */
const NEVER_SENT: ReadonlySet<string> = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH"]);

export function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : "";
}

/** Why a transaction was cancelled, by its items; undefined for any other error. */
export interface CancellationReason {
  readonly Code?: string | undefined;
  readonly Item?: unknown;
}

export function cancellationReasons(error: unknown): readonly CancellationReason[] | undefined {
  if (nameOf(error) !== "TransactionCanceledException" || !(error instanceof Error)) return undefined;
  // The driver's error has them; a list of plain objects.
  return "CancellationReasons" in error && Array.isArray(error.CancellationReasons)
    ? (error.CancellationReasons as readonly CancellationReason[])
    : [];
}

export function isThrottled(error: unknown): boolean {
  if (THROTTLED.has(nameOf(error))) return true;
  return cancellationReasons(error)?.some(({ Code = "" }) => THROTTLED_REASONS.has(Code)) === true;
}

/** Another transaction is at work on one of the items; nothing was done. */
export function isConflict(error: unknown): boolean {
  if (nameOf(error) === "TransactionConflictException") return true;
  return cancellationReasons(error)?.some(({ Code }) => Code === "TransactionConflict") === true;
}

/** The database answered, with an error of the caller's: so it did nothing. */
function isRefusal(error: unknown): boolean {
  return statusOf(error) >= 400 && statusOf(error) < 500;
}

/** 0 where it did not answer. */
function statusOf(error: unknown): number {
  if (!(error instanceof Error) || !("$metadata" in error)) return 0;
  const { $metadata: told } = error;
  const isTold = typeof told === "object" && told !== null && "httpStatusCode" in told;
  return isTold && typeof told.httpStatusCode === "number" ? told.httpStatusCode : 0;
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

/** A read may be asked again: the database, or what lies before it, had trouble of its own. */
export function isPassing(error: unknown): boolean {
  return isThrottled(error) || isOfNetwork(error) || statusOf(error) >= 500;
}

function isOfNetwork(error: unknown): boolean {
  return codeOf(error) !== "" || nameOf(error) === "TimeoutError";
}

/** What a write fails with. */
export function unlessSure(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof Fault || error instanceof NotSent) return error;
  if (isRefusal(error) || isConflict(error) || isThrottled(error)) return error;
  if (NEVER_SENT.has(codeOf(error)) || NO_CREDENTIALS.has(error.name)) return error;
  const isOfDriver = isOfNetwork(error) || statusOf(error) > 0 || error.name === "AbortError";
  return isOfDriver ? new OutcomeUnknown(error) : error;
}

export function classify(error: unknown): Fault {
  if (error instanceof Fault) return error;
  const violation = violationFault(error);
  if (violation) return violation;
  const detail = { cause: error };
  if (error instanceof DamagedRow) {
    const { reason, message } = classify(error.cause);
    return new Fault(reason, message, detail);
  }
  if (error instanceof DocumentError) return new Fault("STORE_CORRUPT", "a stored value is malformed", detail);
  if (error instanceof OutcomeUnknown)
    return new Fault("WRITE_OUTCOME_UNKNOWN", "the write was sent, and its fate is unknown; read the row to see it", {
      ...detail,
      neverResend: true,
    });
  const [reason, message, retryAfter] = meaningOf(error);
  return new Fault(reason, message, {
    ...detail,
    ...(retryAfter !== undefined && { retryAfter }),
  } satisfies FaultDetail);
}

type Meaning = readonly [reason: Reason, message: string, retryAfter?: number];

/** Of a read, or of a write that surely did not happen. */
function meaningOf(error: unknown): Meaning {
  const name = nameOf(error);
  if (isThrottled(error)) return ["QUEUE_FULL", "the database takes no more requests now; ask again later", 1_000];
  if (isConflict(error)) return ["TRANSACTION_CONFLICT", "others write the same rows; try again"];
  if (NO_CREDENTIALS.has(name)) return ["STORE_UNAVAILABLE", "the database does not let the store sign in", 1_000];
  if (DRIFT.has(name))
    return [
      "SCHEMA_DRIFT",
      "the table is not there, or the store may not use it; let the store create or compare its tables",
    ];
  if (name === "ItemCollectionSizeLimitExceededException")
    return ["STORE_FULL", "the rows of one partition fill what the database allows beside a local index"];
  if (isOfNetwork(error) || statusOf(error) >= 500)
    return ["STORE_UNAVAILABLE", "the database cannot be reached; nothing was changed", 1_000];
  return ["INTERNAL", "the store failed in an unknown way"];
}
