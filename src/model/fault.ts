/** A classified failure: what a caller may know about it, and nothing else. */

import { REASONS, type Code, type Reason } from "./reason.ts";

export interface FaultDetail {
  /** Full entity name. */
  readonly entity?: string;
  /** Field path as in the .proto file, for example `where.status.eq`. */
  readonly field?: string;
  /** Index or constraint name from the model. */
  readonly constraint?: string;
  readonly store?: string;
  /** Method or operation, for example `Create`. */
  readonly operation?: string;
  /** Of a batch item or operation. */
  readonly index?: number;
  /** More for ErrorInfo.metadata; never a row value, a secret, SQL text or a DSN. */
  readonly metadata?: { readonly [name: string]: string };
  /** Milliseconds after which waiting may have helped; becomes RetryInfo and the retry pushback. */
  readonly retryAfter?: number;
  /** Tells clients never to resend by themselves (pushback −1). */
  readonly neverResend?: boolean;
  /** All findings on the same request where it was looked at as a whole; `field` is that of the first. */
  readonly violations?: readonly FieldViolation[];
  /** What was thrown below; for logs, never for callers. */
  readonly cause?: unknown;
}

export interface FieldViolation {
  readonly field: string;
  readonly description: string;
}

/** Thrown by everything above the adapters. Its message goes to callers: what was asked, what was found, what to do. */
export class Fault extends Error {
  override readonly name = "Fault";
  readonly reason: Reason;
  readonly detail: FaultDetail;

  constructor(reason: Reason, message: string, detail: FaultDetail = {}) {
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0; // an answer, not a crash: a trace would cost more than a point read
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    Error.stackTraceLimit = limit;
    this.reason = reason;
    this.detail = detail;
  }

  get code(): Code {
    return REASONS[this.reason];
  }

  /** The same failure with more said about where it happened; what is already said is kept. */
  within(detail: FaultDetail): Fault {
    return new Fault(this.reason, this.message, { ...detail, ...this.detail });
  }
}
