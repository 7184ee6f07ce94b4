/** The contract of a transport: named methods, bytes in and bytes out, deadline, metadata, cancellation. */

import type { Call } from "../model/call.ts";

/** All methods served, by full path, for example `/shop.v1.OrderRepository/Get`. Fixed while the server runs. */
export type Methods = ReadonlyMap<string, Method>;

export type Method = UnaryMethod | StreamMethod;

export interface UnaryMethod {
  readonly kind: "unary";
  /** Milliseconds: the least of the client's deadline, `maximum`, and `fallback` when the client gives none. */
  readonly timeout: Timeout;
  /** Rejects with a Rejected, and nothing else. `request` is not kept after it settles. */
  handle(request: Uint8Array, call: IncomingCall): Promise<Uint8Array>;
}

/** One request, many answers. */
export interface StreamMethod {
  readonly kind: "server_stream";
  /** Pulled one at a time as the reader takes them; left early when the call aborts. Rejects with a Rejected. */
  handle(request: Uint8Array, call: IncomingCall): AsyncIterable<Uint8Array>;
}

/** Many requests, many answers; reflection needs it. */
export interface DuplexMethod {
  readonly kind: "duplex";
  handle(requests: AsyncIterable<Uint8Array>, call: IncomingCall): AsyncIterable<Uint8Array>;
}

export interface Timeout {
  readonly maximum: number;
  readonly fallback: number;
}

/** Where metadata of an answer is sent: in front of its messages, or behind them. */
export type AnswerPlace = "headers" | "trailers";

export interface IncomingCall extends Call {
  /** Lower-case names; binary values (`-bin`) are left out. */
  metadata(name: string): string | undefined;
  /** All of the caller's metadata as it came, the protocol's own fields with it: lower-case names, binary values in base64. */
  received(): Iterable<readonly [name: string, value: string]>;
  /** Adds metadata to the answer: a lower-case name, a binary value in base64. Headers must be given before the first message, or the status. */
  answerWith(place: AnswerPlace, name: string, value: string): void;
  /**
   * Sets so many bytes aside for what the method comes to hold, in the place of what it had: undefined where there is room at once, else it
   * resolves when there is, or when the call ends. Given back when the answer is counted in its place, or the call ends.
   */
  reserve(bytes: number): Promise<void> | undefined;
}

/** The status a call ends with; made in one place, `service/status.ts`. Thrown by methods. */
export class Rejected extends Error {
  override readonly name = "Rejected";
  /** Number of google.rpc.Code. */
  readonly code: number;
  /** A google.rpc.Status, for `grpc-status-details-bin`; under 4 KiB. */
  readonly details: Uint8Array;
  /** Milliseconds for `grpc-retry-pushback-ms`; −1 means never to resend. */
  readonly pushback: number | undefined;

  /** `message` must be well formed; it is cut to 1,024 code points. */
  constructor(code: number, message: string, details: Uint8Array, pushback?: number) {
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    super(message);
    Error.stackTraceLimit = limit;
    this.code = code;
    this.details = details;
    this.pushback = pushback;
  }
}

/** What a transport makes of the methods. */
export interface Listener {
  /** As bound, for example `127.0.0.1:7070` or `unix:/run/pannier/data.sock`. */
  readonly address: string;
  /** Takes no new calls; running ones go on. Resolves when all have ended, or when `grace` milliseconds are over and the rest was ended. */
  drain(grace: number): Promise<void>;
}

export type Listen = (options: ListenOptions) => Promise<Listener>;

export interface ListenOptions {
  /** `host:port` or `unix:` and an absolute path. */
  readonly address: string;
  readonly methods: ReadonlyMap<string, Method | DuplexMethod>;
  readonly limits: TransportLimits;
  /** Makes the status of what the transport itself refuses. */
  readonly refuse: (reason: TransportRefusal) => Rejected;
  /** Hears what is allowed, changes nothing, and may be worth a line in a log. */
  readonly onNotice?: (notice: TransportNotice) => void;
}

export interface TransportNotice {
  /** The first call of a connection that came without `te: trailers`; its others are not reported. */
  readonly kind: "te_missing";
  readonly requestId: string;
}

export type TransportRefusal =
  | "timeout_invalid"
  | "metadata_too_large"
  | "metadata_invalid"
  | "message_too_large"
  | "message_count"
  | "calls_exhausted"
  | "bytes_exhausted"
  | "read_timeout"
  | "slow_consumer"
  | "draining"
  | "deadline"
  | "cancelled"
  | "malformed"
  | "method_unknown"
  | "encoding_unsupported"
  | "internal";

export interface TransportLimits {
  readonly messageBytes: number;
  readonly headerBytes: number;
  readonly headerPairs: number;
  readonly connections: number;
  readonly streamsPerConnection: number;
  readonly callsInFlight: number;
  /** Of requests and answers, read or waiting to be read, and set aside for answers to come. */
  readonly bytesInFlight: number;
  /** Milliseconds in which a request must have come whole. */
  readonly readTimeout: number;
  /** Milliseconds a reader may leave a frame or an answer untaken. */
  readonly slowConsumer: number;
  /** Milliseconds for a new connection to speak HTTP/2. */
  readonly handshakeTimeout: number;
  /** Milliseconds without a call after which a connection is closed. */
  readonly idleConnection: number;
  /** Milliseconds between pings; a connection that leaves one unanswered until the next is closed. */
  readonly keepalive: number;
}
