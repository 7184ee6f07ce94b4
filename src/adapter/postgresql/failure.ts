/** What errors of the server mean, by SQLSTATE alone. https://www.postgresql.org/docs/current/errcodes-appendix.html */

import { Fault, type FaultDetail } from "../../model/fault.ts";
import type { Reason } from "../../model/reason.ts";
import type { ServerFailures } from "../sql/server/failure.ts";
import { isOfServer } from "./connection.ts";

const READ_ONLY = "25006";
const CRASHED = "57P02";

const UNCERTAIN: ReadonlySet<string> = new Set(["40003", "57P01", CRASHED]);

/**
 * Whether the server goes down with this error, whatever its code: its log could not be written, and may hold the commit nevertheless when
 * it comes up again.
 */
function isPanic(error: Error): boolean {
  return "severity" in error && error.severity === "PANIC";
}

/**
 * A server that follows another refuses to begin a transaction that is SERIALIZABLE, with the code of all that it cannot do. That it was a
 * setting, and no table, is told by the function that reports it (guc.c).
 */
function isOfStandby(error: Error & { readonly code: string }): boolean {
  return error.code === "0A000" && "routine" in error && error.routine === "call_enum_check_hook";
}

export const postgresqlFailures: ServerFailures = {
  codeOf: (error) => {
    if (!isOfServer(error)) return undefined;
    if (isPanic(error)) return CRASHED;
    return isOfStandby(error) ? READ_ONLY : error.code;
  },
  isUnique: (code) => code === "23505",
  isReference: (code) => code === "23503" || code === "23001",
  isRange: (code) => code === "22003",
  isNoColumn: (code) => code === "42703",
  // The server or the connection was stopped while the statement ran. A commit that waits for a replica is done already, and a pooler that has lost
  // its server tells of everything with 08P01.
  isUncertain: (code) => code.startsWith("08") || UNCERTAIN.has(code),
  isReadOnly: (code) => code === READ_ONLY,
  constraintOf: (error, names) =>
    error instanceof Error && "constraint" in error ? names.find((name) => name === error.constraint) : undefined,
  refusalOf,
  meaningOf,
};

/** SQLSTATE where the server says it; the driver has no codes of its own. */
function refusalOf(error: unknown): string | undefined {
  if (isOfServer(error)) return REFUSALS.get(error.code);
  if (!(error instanceof Error)) return undefined;
  if (error.message === "The server does not support SSL connections")
    return "the server takes no encrypted connections; see sslmode";
  if (error.message.startsWith("SASL:") && error.message.includes("password must be"))
    return "the server asks for a password, and the store has none; set password_file";
  return error.message === "timeout expired" ? "its host does not answer in time" : undefined;
}

const REFUSALS: ReadonlyMap<string, string> = new Map([
  ["28000", "the server does not let this user in from here; it may want encryption (sslmode)"],
  ["28P01", "the server refuses the user or the password"],
  ["3D000", "the server has no such database"],
  ["42501", "the user may not connect to the database"],
]);

type Meaning = readonly [reason: Reason, message: string, retryAfter?: number];

function meaningOf(code: string, detail: FaultDetail): Fault {
  const [reason, message, retryAfter] = exactly(code) ?? ofClass(code.slice(0, 2));
  return new Fault(reason, message, { ...detail, ...(retryAfter !== undefined && { retryAfter }) });
}

function exactly(code: string): Meaning | undefined {
  switch (code) {
    case "23505":
      return ["UNIQUE_VIOLATION", "another row has these values in a unique index"];
    case "23503":
    case "23001":
      return ["FOREIGN_KEY_VIOLATION", "a row refers to one that is not there, or is referred to"];
    case "23502":
      return ["NOT_NULL_VIOLATION", "a column that must have a value would be NULL"];
    case "23514":
    case "23P01":
    case "44000": // of a view, WITH CHECK OPTION
    case "P0001": // RAISE in a trigger
      return ["CHECK_VIOLATION", "a check or a trigger of the table refuses the row"];
    case "40000":
    case "40001":
    case "40P01":
      return ["TRANSACTION_CONFLICT", "another transaction was in the way; ask again"];
    case "55P03":
      return ["TRANSACTION_CONFLICT", "another transaction holds the row; ask again", 100];
    case "22003":
    case "22008":
      return ["VALUE_OUT_OF_RANGE", "a number or a time leaves the range of its column"];
    case "25006":
      return ["STORE_READ_ONLY", "the database takes no writes now", 1_000];
    case "53000":
    case "53100":
    case "53200":
    case "53400": // a limit that was set, as of temporary files
      return ["STORE_FULL", "the server has no room left", 1_000];
    case "53300":
      return ["POOL_EXHAUSTED", "the server takes no more connections", 1_000];
    case "22001":
      return ["ROW_TOO_LARGE", "a value is longer than its column takes"];
    case "55000": // a view that computes its rows
      return ["SCHEMA_DRIFT", "the table is a view, or part of one, that the server cannot write"];
    case "22P02":
      return ["SCHEMA_DRIFT", "a column of the table does not take such a value"];
    case "57014":
      return ["DEADLINE_EXCEEDED", "the server gave the statement up; it was not executed"];
    case "25P02":
      return ["INTERNAL", "a statement followed one that had failed"];
    case "25P03":
    case "25P04":
      return ["TRANSACTION_CONFLICT", "the server ended the transaction, which took too long"];
    case "42501":
      return ["SCHEMA_DRIFT", "the role that the store signs in with may not do this to the table"];
    default:
      return undefined;
  }
}

function ofClass(kind: string): Meaning {
  switch (kind) {
    case "08": // connection
    case "28": // sign-in
    case "3D": // no such database
    case "53": // resources
    case "57": // the server stops
    case "58": // its system fails
      return ["STORE_UNAVAILABLE", "the database cannot be used now", 1_000];
    case "42": // no such table or column, other types
    case "3F":
    case "0A": // a plan whose result has changed
      return ["SCHEMA_DRIFT", "the table is not what the entity says; let the store create or compare its tables"];
    case "54": // limits of the program
      return ["ROW_TOO_LARGE", "the row or the statement is larger than the server takes"];
    case "55": // a view that takes no writes, a table that cannot tell its replicas what it changes
      return ["SCHEMA_DRIFT", "the table is not in a state in which it can be used so"];
    case "XX":
      return ["STORE_CORRUPT", "the database is damaged"];
    default:
      return ["INTERNAL", "the store failed in an unknown way"];
  }
}
