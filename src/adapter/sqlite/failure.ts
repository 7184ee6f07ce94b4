/** What went wrong in SQLite, in a form that crosses threads; and what it means. */

import { Fault, type FaultDetail } from "../../model/fault.ts";
import type { Reason } from "../../model/reason.ts";
import { DocumentError } from "../document/json.ts";

/** SQLite's extended result codes that are distinguished; https://sqlite.org/rescode.html */
export const CODE = {
  error: 1,
  busy: 5,
  noMemory: 7,
  readOnly: 8,
  interrupt: 9,
  ioError: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  schema: 17,
  tooBig: 18,
  constraint: 19,
  notADatabase: 26,
  check: 275,
  foreignKey: 787,
  syncFailed: 1034,
  notNull: 1299,
  syncDirectoryFailed: 1290,
  trigger: 1811,
  unique: 2067,
} as const;

export interface FailureDetail {
  /** Full name of the entity. */
  readonly entity?: string;
  /** Name of the unique index in the model. */
  readonly index?: string;
  /** Whether the write may have happened nevertheless. */
  readonly uncertain?: boolean;
}

/** An error of SQLite, reduced to its code. */
export class SqliteFailure extends Error {
  override readonly name = "SqliteFailure";
  /** Extended result code. */
  readonly errcode: number;
  readonly detail: FailureDetail;

  constructor(errcode: number, detail: FailureDetail = {}, cause?: unknown) {
    super(`SQLite result ${errcode}`, cause === undefined ? undefined : { cause });
    this.errcode = errcode;
    this.detail = detail;
  }
}

/** The extended result code of an error; undefined where it is not SQLite's. */
export function codeOf(error: unknown): number | undefined {
  if (error instanceof Error && "errcode" in error && typeof error.errcode === "number") return error.errcode;
  return undefined;
}

/** The part of a code that says what kind it is. */
export function primaryCode(errcode: number): number {
  return errcode & 0xff;
}

/** Whether the statement alone failed: its transaction goes on, and so may its neighbours. */
export function isContained(error: unknown): boolean {
  const code = codeOf(error);
  if (code === undefined) return true; // ours, before or after a statement
  const primary = primaryCode(code);
  switch (primary) {
    case CODE.error: // a table or column that is not there
    case CODE.schema:
    case CODE.tooBig:
    case CODE.constraint:
    case 20: // another type than the column's
    case 25: // a parameter that is not there
      return true;
    default:
      return false;
  }
}

/** Whether the file's content is at fault. */
export function isDamage(error: unknown): boolean {
  const primary = primaryCode(codeOf(error) ?? 0);
  return primary === CODE.corrupt || primary === CODE.notADatabase;
}

/** Whether it says something about writing to the file at all, not about what was to be written. */
export function stopsWriting(error: unknown): boolean {
  return spoilsHandle(error) || primaryCode(codeOf(error) ?? 0) === CODE.full;
}

/** Whether the handle may be at fault and should be opened anew. */
export function spoilsHandle(error: unknown): boolean {
  const code = codeOf(error);
  if (code === undefined) return false;
  switch (primaryCode(code)) {
    case CODE.noMemory:
    case CODE.readOnly:
    case CODE.ioError:
    case CODE.corrupt:
    case CODE.cannotOpen:
    case CODE.notADatabase:
      return true;
    default:
      return false;
  }
}

export function classify(error: unknown): Fault {
  if (error instanceof Fault) return error;
  if (error instanceof DocumentError)
    return new Fault("STORE_CORRUPT", "a stored value is malformed", { cause: error });
  if (isTooWide(error)) {
    return new Fault("SCHEMA_DRIFT", "the row holds a number that this version of the schema has no room for", {
      cause: error,
    });
  }
  const code = codeOf(error);
  if (code === undefined) return new Fault("INTERNAL", "the store failed in an unknown way", { cause: error });
  const detail = error instanceof SqliteFailure ? error.detail : {};
  if (detail.uncertain) {
    return new Fault("WRITE_OUTCOME_UNKNOWN", "the write was handed to the disk and its fate is unknown", {
      cause: error,
      neverResend: true,
    });
  }
  const [reason, message, retryAfter] = isNameMissing(error) ? DRIFT : meaningOf(code);
  return new Fault(reason, message, {
    cause: error,
    ...(detail.entity === undefined ? {} : { entity: detail.entity }),
    ...(detail.index === undefined ? {} : { constraint: detail.index }),
    ...(retryAfter === undefined ? {} : { retryAfter }),
  });
}

/** The driver's, for an integer that a number does not hold exactly: a newer process has widened the column. */
function isTooWide(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ERR_OUT_OF_RANGE";
}

type Meaning = readonly [reason: Reason, message: string, retryAfter?: number];

const DRIFT: Meaning = [
  "SCHEMA_DRIFT",
  "the store's table does not fit the entity; pannier migrate plan says why, and what to do",
];

/** SQLite has no code of its own for a table or column that is not there: this alone is read from the text. */
function isNameMissing(error: unknown): boolean {
  if (primaryCode(codeOf(error) ?? 0) !== CODE.error) return false;
  const told = error instanceof SqliteFailure ? error.cause : error; // what crossed the threads is text
  return /no such (?:table|column|index)|has no column named/u.test(
    told instanceof Error ? told.message : String(told),
  );
}

function meaningOf(code: number): Meaning {
  switch (code) {
    case CODE.unique:
      return ["UNIQUE_VIOLATION", "another row has these values in a unique index"];
    case CODE.foreignKey:
      return ["FOREIGN_KEY_VIOLATION", "a row refers to one that is not there, or is referred to"];
    case CODE.notNull:
      return ["NOT_NULL_VIOLATION", "a column that must have a value would be NULL"];
    case CODE.check:
    case CODE.trigger: // RAISE in one
      return ["CHECK_VIOLATION", "a check or a trigger of the table refuses the row"];
  }
  switch (primaryCode(code)) {
    case CODE.schema:
    case CODE.constraint: // another type than the table's, for one
      return DRIFT;
    case CODE.busy:
    case 6: // locked, within one process
      return ["TRANSACTION_CONFLICT", "another process holds the database; ask again", 100];
    case CODE.readOnly:
      return ["STORE_READ_ONLY", "the database cannot be written to", 1_000];
    case CODE.corrupt:
    case CODE.notADatabase:
      return ["STORE_CORRUPT", "the database file is damaged or not a database"];
    case CODE.full:
      return ["STORE_FULL", "the disk or the database is full", 1_000];
    case CODE.tooBig:
      return ["ROW_TOO_LARGE", "the row is larger than the store takes"];
    case CODE.ioError:
    case CODE.cannotOpen:
    case CODE.noMemory:
    case 3: // permission denied
    case 15: // locking protocol
    case CODE.interrupt:
      return ["STORE_UNAVAILABLE", "the database file cannot be used now", 1_000];
    default:
      return ["INTERNAL", "the store failed in an unknown way"];
  }
}

/** A failure as it crosses threads. */
export interface FailureData {
  readonly errcode: number | undefined;
  readonly detail: FailureDetail;
  readonly malformed: boolean;
  /** Of a Fault, whose message is the text. */
  readonly reason?: Reason;
  readonly metadata?: FaultDetail["metadata"];
  readonly text: string;
}

export function failureData(error: unknown): FailureData {
  if (error instanceof Fault) {
    const { reason, message: text, detail } = error;
    const metadata = detail.metadata ? { metadata: detail.metadata } : {};
    return { errcode: undefined, detail: {}, malformed: false, reason, text, ...metadata };
  }
  return {
    errcode: codeOf(error),
    detail: error instanceof SqliteFailure ? error.detail : {},
    malformed: error instanceof DocumentError,
    text: error instanceof Error ? (error.stack ?? error.message) : String(error),
  };
}

/** What may be over in a while says when to come back. */
function faultOf(reason: Reason, { text, metadata }: FailureData): Fault {
  const fault = new Fault(reason, text, metadata ? { metadata } : {});
  return fault.code === "UNIMPLEMENTED" ? fault : fault.within({ retryAfter: 1_000 });
}

export function fromFailureData(data: FailureData): Error {
  if (data.malformed) return new DocumentError(data.text);
  if (data.reason) return faultOf(data.reason, data);
  if (data.errcode === undefined) return new Error(data.text);
  return new SqliteFailure(data.errcode, data.detail, data.text);
}
