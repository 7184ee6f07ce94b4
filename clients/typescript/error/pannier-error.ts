/** What every call of the client fails with. */

/** Of gRPC, by its name there. */
export type Code =
  | "CANCELLED"
  | "UNKNOWN"
  | "INVALID_ARGUMENT"
  | "DEADLINE_EXCEEDED"
  | "NOT_FOUND"
  | "ALREADY_EXISTS"
  | "PERMISSION_DENIED"
  | "RESOURCE_EXHAUSTED"
  | "FAILED_PRECONDITION"
  | "ABORTED"
  | "OUT_OF_RANGE"
  | "UNIMPLEMENTED"
  | "INTERNAL"
  | "UNAVAILABLE"
  | "DATA_LOSS"
  | "UNAUTHENTICATED";

/** What is known of a call that failed. */
export interface Failure {
  readonly code: Code;
  /** Of the sidecar's list, or of the client's own: see `client-errors.ts`. */
  readonly reason: string;
  readonly message: string;
  /** Of ErrorInfo: entity, field, constraint, store, operation and others. */
  readonly metadata?: Readonly<Record<string, string>>;
  readonly violations?: readonly FieldViolation[] | undefined;
  /** Milliseconds to wait before asking again, as the sidecar says; below 0: never. */
  readonly retryAfter?: number | undefined;
  /** Whether the call surely changed nothing. */
  readonly isUnexecuted?: boolean;
  /** `x-request-id` of the call, as both sides log it. */
  readonly callId?: string | undefined;
  readonly cause?: unknown;
}

/** One field of the request, and what is wrong with it. */
export interface FieldViolation {
  readonly field: string;
  readonly description: string;
}

/** `instanceof` tells the reason: each has a class of its own that extends this one. */
export class PannierError extends Error {
  readonly code: Code;
  readonly reason: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly violations: readonly FieldViolation[];
  readonly retryAfter: number | undefined;
  readonly callId: string | undefined;
  /** Whether the call surely changed nothing. Where it is false, a write may have happened. */
  readonly isUnexecuted: boolean;

  constructor(failure: Failure) {
    super(failure.message, "cause" in failure ? { cause: failure.cause } : undefined);
    this.name = new.target.name;
    this.code = failure.code;
    this.reason = failure.reason;
    this.metadata = failure.metadata ?? {};
    this.violations = failure.violations ?? [];
    this.retryAfter = failure.retryAfter;
    this.callId = failure.callId;
    this.isUnexecuted = failure.isUnexecuted ?? false;
  }

  /** Full name of the entity it concerns. */
  get entity(): string | undefined {
    return this.metadata["entity"];
  }

  /** The field it concerns. */
  get field(): string | undefined {
    return this.metadata["field"] ?? this.violations[0]?.field;
  }

  /** The unique index or other constraint. */
  get constraint(): string | undefined {
    return this.metadata["constraint"];
  }

  get store(): string | undefined {
    return this.metadata["store"];
  }

  /** Position in a batch or transaction. */
  get index(): number | undefined {
    const index = this.metadata["index"];
    return index === undefined ? undefined : Number(index);
  }

  /** Whether the very same call may be made again, after `retryAfter` or a pause: it surely changed nothing, and time may mend it. */
  get isRetryable(): boolean {
    if (!this.isUnexecuted || (this.retryAfter ?? 0) < 0) return false;
    return this.code === "UNAVAILABLE" || this.code === "RESOURCE_EXHAUSTED" || this.reason === "TRANSACTION_CONFLICT";
  }
}
