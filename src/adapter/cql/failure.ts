/** What the driver's and the database's errors mean. Kinds come from codes; nothing of a text reaches a caller. */

import { Fault, type FaultDetail } from "../../model/fault.ts";
import type { Reason } from "../../model/reason.ts";
import { DocumentError } from "../document/json.ts";
import { NotConnected, outcomeUnknown, OutcomeUnknown, unreachable } from "../runtime/link-failure.ts";

/** https://github.com/apache/cassandra/blob/trunk/doc/native_protocol_v5.spec, "Error codes" */
const CODES = {
  server: 0x0000,
  protocol: 0x000a,
  credentials: 0x0100,
  unavailable: 0x1000,
  overloaded: 0x1001,
  bootstrapping: 0x1002,
  truncate: 0x1003,
  writeTimeout: 0x1100,
  readTimeout: 0x1200,
  readFailure: 0x1300,
  functionFailure: 0x1400,
  writeFailure: 0x1500,
  casUnknown: 0x1700,
  syntax: 0x2000,
  unauthorized: 0x2100,
  invalid: 0x2200,
  config: 0x2300,
  exists: 0x2400,
  unprepared: 0x2500,
} as const;

/** Answers that say that nothing of the statement was done. */
const SURE: ReadonlySet<number> = new Set([
  CODES.protocol,
  CODES.credentials,
  CODES.unavailable,
  CODES.overloaded,
  CODES.bootstrapping,
  CODES.syntax,
  CODES.unauthorized,
  CODES.invalid,
  CODES.config,
  CODES.exists,
  CODES.unprepared,
]);

/** The code of an answer of the database; undefined where it did not answer. */
export function codeOf(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  if ("code" in error && typeof error.code === "number") return error.code;
  // A statement that has to be prepared anew, and cannot be any more: the driver asks every host, and says that none was there.
  const codes = new Set(hostErrors(error).map(codeOf));
  const [code] = codes;
  if (codes.size !== 1) return undefined;
  if (code === CODES.unprepared) return CODES.invalid; // why it cannot be is not told
  return code === CODES.invalid || code === CODES.unauthorized ? code : undefined;
}

/** What each host failed with, where the driver says that none took the statement. */
function hostErrors(error: Error): readonly unknown[] {
  if (error.name !== "NoHostAvailableError" || !("innerErrors" in error)) return [];
  const { innerErrors } = error;
  return typeof innerErrors === "object" && innerErrors !== null ? Object.values(innerErrors) : [];
}

/**
 * Before a statement is sent the driver prepares it on one host; where that has lost its connections and is not taken for down yet, it fails with a bare
 * Error (HostConnectionPool.borrowConnection), and asks no other host. Nothing of the statement was sent.
 */
export function isUnborrowed(error: unknown): boolean {
  return error instanceof Error && error.name === "Error" && error.message === "No connection available";
}

function isBusy(error: Error): boolean {
  if (error.name === "BusyConnectionError") return true;
  const errors = hostErrors(error);
  return errors.length > 0 && errors.every((each) => each instanceof Error && isBusy(each));
}

/** Whether the table may be another one than it was. */
export function isOfSchema(error: unknown): boolean {
  const code = codeOf(error);
  return code === CODES.invalid || code === CODES.syntax || code === CODES.unauthorized;
}

/** Whether the statement itself is wrong, or its parameters are. */
export function isRefused(error: unknown): boolean {
  const code = codeOf(error);
  return code === CODES.syntax || code === CODES.invalid || error instanceof TypeError || error instanceof RangeError;
}

/** The database's own limit, which it has no code for. */
export function isBatchTooLarge(error: unknown): boolean {
  return codeOf(error) === CODES.invalid && error instanceof Error && error.message === "Batch too large";
}

/** What a write fails with. @param kind whether a lightweight transaction decides it */
export function unlessSure(error: unknown, kind: "decided" | "blind"): unknown {
  if (!(error instanceof Error) || error instanceof Fault || error instanceof NotConnected) return error;
  if (error.name === "NoHostAvailableError" || error.name === "BusyConnectionError") return error; // nothing was sent
  if ("requestNotWritten" in error && error.requestNotWritten === true) return error;
  const code = codeOf(error);
  if (code !== undefined)
    return SURE.has(code) && !(kind === "decided" && isPastDecision(code, error)) ? error : new OutcomeUnknown(error);
  return isOfDriver(error) ? new OutcomeUnknown(error) : error;
}

/**
 * Too few replicas are alive for the level at which a lightweight transaction is answered. They are counted when it has been decided, and it will be
 * done; those that decide are counted before, and the answer then names SERIAL, or the quorum that it means. A level that is a quorum itself cannot be told
 * from that: its replicas were counted a moment ago.
 */
function isPastDecision(code: number, error: Error): boolean {
  const level = "consistencies" in error ? error.consistencies : undefined;
  return code === CODES.unavailable && !(typeof level === "number" && DECIDING.has(level));
}

/** QUORUM, LOCAL_QUORUM, SERIAL and LOCAL_SERIAL: of the same page, "consistency". */
const DECIDING: ReadonlySet<number> = new Set([0x0004, 0x0006, 0x0008, 0x0009]);

/** Of the link, and not of a value that could not be encoded. */
function isOfDriver(error: Error): boolean {
  return error.name === "OperationTimedOutError" || error.name === "DriverInternalError" || isOfSocket(error);
}

function isOfSocket(error: Error): boolean {
  return "isSocketError" in error && error.isSocketError === true;
}

export function classify(error: unknown): Fault {
  if (error instanceof Fault) return error;
  const detail = { cause: error };
  if (error instanceof DocumentError) return new Fault("STORE_CORRUPT", "a stored value is malformed", detail);
  if (error instanceof OutcomeUnknown) return outcomeUnknown(error);
  if (error instanceof NotConnected) return unreachable(error);
  const code = codeOf(error);
  if (code !== undefined) return meaningOf(code, detail);
  if (!(error instanceof Error)) return new Fault("INTERNAL", "the store failed in an unknown way", detail);
  if (isBusy(error))
    return new Fault("QUEUE_FULL", "too many requests are under way on the store's connections; ask again later", {
      ...detail,
      retryAfter: 100,
    });
  if (error.name === "NoHostAvailableError" || isUnborrowed(error) || isOfDriver(error)) return unreachable(error);
  return new Fault("INTERNAL", "the store failed in an unknown way", detail);
}

type Meaning = readonly [reason: Reason, message: string, retryAfter?: number];

/** Of a read, or of a write that surely did not happen. */
function meaningOf(code: number, detail: FaultDetail): Fault {
  const [reason, message, retryAfter] = exactly(code);
  return new Fault(reason, message, { ...detail, ...(retryAfter !== undefined && { retryAfter }) });
}

function exactly(code: number): Meaning {
  switch (code) {
    case CODES.unavailable:
      return ["STORE_UNAVAILABLE", "too few replicas are alive for the consistency; nothing was changed", 1_000];
    case CODES.overloaded:
    case CODES.bootstrapping:
      return ["STORE_UNAVAILABLE", "the database takes no more requests now; nothing was changed", 1_000];
    case CODES.readTimeout:
    case CODES.readFailure:
    // Of a read in the order of lightweight transactions, which ends one that others began and did not end.
    case CODES.writeTimeout:
    case CODES.writeFailure:
    case CODES.casUnknown:
    case CODES.server:
      return ["STORE_UNAVAILABLE", "the replicas did not answer in time, or failed; nothing was changed", 1_000];
    case CODES.credentials:
      return ["STORE_UNAVAILABLE", "the database does not let the store sign in", 1_000];
    case CODES.exists:
      return ["TRANSACTION_CONFLICT", "another process made the same table; ask again"];
    case CODES.invalid:
      return ["SCHEMA_DRIFT", "the table is not what the entity says; let the store create or compare its tables"];
    case CODES.unauthorized:
      return ["SCHEMA_DRIFT", "the role that the store signs in with may not do this to the table"];
    default:
      return ["INTERNAL", "the store failed in an unknown way"];
  }
}
