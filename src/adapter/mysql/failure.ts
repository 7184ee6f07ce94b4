/** What errors of the server mean, by their numbers alone. https://mariadb.com/kb/en/mariadb-error-codes/ */

import { Fault, type FaultDetail } from "../../model/fault.ts";
import type { Reason } from "../../model/reason.ts";
import type { ServerFailures } from "../sql/server/failure.ts";

/** An error that the server reported, with its number: the first are its files' and its memory's. The driver's own begin at 45000, and sockets have negative ones. */
export function isOfServer(error: unknown): error is Error & { readonly errno: number } {
  if (!(error instanceof Error) || !("errno" in error) || typeof error.errno !== "number") return false;
  return error.errno > 0 && (error.errno < 45_000 || error.errno >= 46_000 || isSignalled(error));
}

/** Whether a trigger of others has refused the row (`SIGNAL SQLSTATE '45000'`), which may give it any number. */
function isSignalled(error: Error): boolean {
  return "sqlState" in error && error.sqlState === "45000";
}

const SIGNALLED = "1644";

/** The server ends the connection, and may have ended the statement or not. */
const ENDING: ReadonlySet<string> = new Set(["1053", "1079", "1152", "1158", "1159", "1160", "1161", "1184", "1927"]);

/** What a statement, or a commit, may have done nevertheless. */
const UNCERTAIN: ReadonlySet<string> = new Set([...ENDING, "1180", "1181", "2013", "8501", "9001", "9002"]);

const REFERENCE: ReadonlySet<string> = new Set(["1216", "1217", "1451", "1452"]);

const READ_ONLY: ReadonlySet<string> = new Set(["1290", "1836", "1874"]);

export const mysqlFailures: ServerFailures = {
  codeOf: (error) => {
    if (!isOfServer(error)) return undefined;
    return isSignalled(error) ? SIGNALLED : String(error.errno);
  },
  isUnique: (code) => code === "1062" || code === "1586",
  isReference: (code) => REFERENCE.has(code),
  isNoColumn: (code) => code === "1054",
  isRange: (code) => code === "1264" || code === "1690",
  isUncertain: (code) => UNCERTAIN.has(code),
  isReadOnly: (code) => READ_ONLY.has(code),
  constraintOf: (error, names) =>
    error instanceof Error && "sqlMessage" in error ? keyIn(String(error.sqlMessage), names) : undefined,
  keyName: "PRIMARY",
  refusalOf: (error) =>
    error instanceof Error && "errno" in error && typeof error.errno === "number"
      ? REFUSALS.get(error.errno)
      : undefined,
  meaningOf,
};

/** Those beyond 45000 are the driver's own. */
const REFUSALS: ReadonlyMap<number, string> = new Map([
  [1044, "the user may not use the database"],
  [1045, "the server refuses the user or the password"],
  [1049, "the server has no such database"],
  [1130, "the server takes no connections from here"],
  [1698, "the server refuses the user or the password"],
  [3159, "the server takes encrypted connections alone; see sslmode"],
  [45_012, "its host does not answer in time, or is no server of this kind"],
  [45_023, "the server takes no encrypted connections; see sslmode"],
]);

/**
 * The index of `Duplicate entry '…' for key 'index'`, or the foreign key of `…, CONSTRAINT `name` FOREIGN KEY …`, which the server says nowhere
 * else. MySQL puts the table before an index, and in both names there may be a point: the longest is meant.
 */
function keyIn(text: string, names: readonly string[]): string | undefined {
  const said = (/for key '([^']+)'$/u.exec(text) ?? /, CONSTRAINT `([^`]+)` FOREIGN KEY/u.exec(text))?.[1];
  if (said === undefined) return undefined;
  const meant = names.filter((name) => said === name || said.endsWith(`.${name}`));
  return meant.toSorted((a, b) => b.length - a.length)[0];
}

/** Whether no statement can follow on the connection. */
export function endsConnection(code: string): boolean {
  return ENDING.has(code) || code === "1153";
}

type Meaning = readonly [reason: Reason, message: string, retryAfter?: number];

function meaningOf(code: string, detail: FaultDetail): Fault {
  const [reason, message, retryAfter] = meaning(Number(code));
  return new Fault(reason, message, { ...detail, ...(retryAfter !== undefined && { retryAfter }) });
}

function meaning(code: number): Meaning {
  switch (code) {
    case 1062:
    case 1586:
      return ["UNIQUE_VIOLATION", "another row has these values in a unique index"];
    case 1216:
    case 1217:
    case 1451:
    case 1452:
      return ["FOREIGN_KEY_VIOLATION", "a row refers to one that is not there, or is referred to"];
    case 1048:
    case 1364:
      return ["NOT_NULL_VIOLATION", "a column that must have a value would be NULL"];
    case 1369: // of a view, WITH CHECK OPTION
    case 1644: // SIGNAL in a trigger
    case 3819:
    case 4025:
      return ["CHECK_VIOLATION", "a check or a trigger of the table refuses the row"];
    case 1213: // deadlock
    case 1020: // the row has changed since it was read
    case 8002: // TiDB, here and below: another transaction was faster
    case 8022:
    case 8028:
    case 9007:
    case 3101: // a group of servers, at COMMIT
      return ["TRANSACTION_CONFLICT", "another transaction was in the way; ask again"];
    case 1205:
    case 3572:
    case 9004:
      return ["TRANSACTION_CONFLICT", "another transaction holds the row; ask again", 100];
    case 1264:
    case 1292:
    case 1690:
      return ["VALUE_OUT_OF_RANGE", "a number or a time leaves the range of its column"];
    case 1290:
    case 1792:
    case 1836:
    case 1874:
      return ["STORE_READ_ONLY", "the database takes no writes now", 1_000];
    case 3: // a temporary file cannot be written
    case 5:
    case 20:
    case 1021:
    case 1037:
    case 1038:
    case 1041:
    case 1114:
    case 1206: // its table of locks; the transaction was undone
    case 1637: // of transactions
    case 8175:
      return ["STORE_FULL", "the server has no room left", 1_000];
    case 1040:
    case 1203:
    case 1226:
      return ["POOL_EXHAUSTED", "the server takes no more connections", 1_000];
    case 1118:
    case 1153:
    case 1162:
    case 1197: // the transaction, in its binary log
    case 1406:
    case 1713: // the row's old values, in the undo log
    case 8004:
    case 8025:
      return ["ROW_TOO_LARGE", "the row, a value or the statement is larger than the server takes"];
    case 1317: // KILL QUERY
    case 1969: // max_statement_time
    case 3024: // MAX_EXECUTION_TIME
      return ["DEADLINE_EXCEEDED", "the server gave the statement up; it was not executed"];
    case 4031:
      return ["TRANSACTION_CONFLICT", "the server ended the transaction, which took too long"];
    case 1044:
    case 1142:
    case 1143:
    case 1227:
    case 1370:
      return ["SCHEMA_DRIFT", "the user that the store signs in with may not do this to the table"];
    case 1288: // a view that computes its rows, here and below
    case 1348:
    case 1393:
    case 1394:
    case 1395:
    case 1471:
    case 1906: // a column that is computed; MySQL's number is the next
    case 3105:
      return ["SCHEMA_DRIFT", "the table is a view, or has a computed column, that the server cannot write"];
    case 1054: // no such column
    case 1091:
    case 1146: // no such table
    case 1265: // a value that the column's type does not know
    case 1366:
    case 1412: // the table has changed since the transaction began
    case 1615:
      return ["SCHEMA_DRIFT", "the table is not what the entity says; let the store create or compare its tables"];
    case 1034:
    case 1194:
    case 1712:
    case 1877:
      return ["STORE_CORRUPT", "the database is damaged"];
    case 1045: // sign-in
    case 1047: // a node of a cluster that is not ready
    case 1049: // no such database
    case 1053: // it stops
    case 1130:
    case 1152:
    case 1158:
    case 1159:
    case 1160:
    case 1161:
    case 1184:
    case 1698:
    case 1927: // the connection was killed
    case 2013:
    case 9001:
    case 9002:
    case 9003:
    case 9005:
      return ["STORE_UNAVAILABLE", "the database cannot be used now", 1_000];
    default:
      return ["INTERNAL", "the store failed in an unknown way"];
  }
}
