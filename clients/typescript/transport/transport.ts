/** Calls as bytes out, bytes in: all that the runtime asks of a connection to the sidecar. */

export interface Transport {
  /** Resolves to the one message of the answer. @throws CallFailure, and nothing else */
  unary(call: OutgoingCall): Promise<Uint8Array>;
  /** Messages as they come; the next is read when the one before has been taken. Leaving the loop cancels. @throws CallFailure */
  stream(call: OutgoingCall): AsyncIterable<Uint8Array>;
  /** Refuses further calls, lets those under way end for so many milliseconds, then ends them. */
  close(grace: number): Promise<void>;
}

export interface OutgoingCall {
  /** For example `/shop.v1.OrderRepository/Get`. */
  readonly path: string;
  readonly request: Uint8Array;
  /** Milliseconds from now; Infinity for none. */
  readonly timeout: number;
  /** Milliseconds to wait for a connection, within the timeout. */
  readonly wait: number;
  readonly metadata: readonly (readonly [name: string, value: string])[];
  readonly signal: AbortSignal | undefined;
}

/**
 * What became of a call that failed. `status`: the sidecar said so. `unsent`: it has not seen the call. `lost`: the connection ended
 * before the answer. `invalid`: what came is no answer. The others are ours.
 */
export type FailureKind = "status" | "unsent" | "lost" | "invalid" | "deadline" | "cancelled" | "closed";

export class CallFailure extends Error {
  readonly kind: FailureKind;
  /** Of gRPC, where `kind` is `status`; also where another kind stands for one. */
  readonly code: number;
  /** google.rpc.Status, where the sidecar sent one. */
  readonly details: Uint8Array | undefined;
  /** Milliseconds of `grpc-retry-pushback-ms`; below 0: never. */
  readonly pushback: number | undefined;
  /** `x-request-id` of the answer. */
  readonly callId: string | undefined;
  /** Whether the call had left, so that it may have been carried out. */
  readonly wasSent: boolean;

  constructor(kind: FailureKind, message: string, more: FailureMore = {}) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.name = "CallFailure";
    this.kind = kind;
    this.code = more.code ?? codes[kind];
    this.details = more.details;
    this.pushback = more.pushback;
    this.callId = more.callId;
    this.wasSent = more.wasSent ?? kind !== "unsent";
  }
}

export interface FailureMore {
  readonly code?: number;
  readonly details?: Uint8Array | undefined;
  readonly pushback?: number | undefined;
  readonly callId?: string | undefined;
  readonly wasSent?: boolean;
  readonly cause?: unknown;
}

const codes: { readonly [kind in FailureKind]: number } = {
  status: 2,
  unsent: 14,
  lost: 2,
  invalid: 13,
  deadline: 4,
  cancelled: 1,
  closed: 1,
};
