/** How a client reaches its sidecar, and what holds for all its calls. */

import type { CallOptions } from "./options.ts";

export interface ConnectOptions {
  /** `host:port`, `unix:/path` or `https://host:port`; PANNIER_TARGET or 127.0.0.1:7070 when absent. */
  readonly target?: string | undefined;
  /** Milliseconds for a call that names no other; 5,000 when absent. */
  readonly timeout?: number | undefined;
  /** Milliseconds to wait for a sidecar that serves, 30,000 when absent; 0 connects with the first call. */
  readonly waitForHealth?: number | undefined;
  /** Of node:tls, where the target is `https://` or these are given. */
  readonly tls?: TlsOptions | undefined;
  /** Sends of one call at most, where it may be resent at all; 4 when absent, 1 for never again. */
  readonly attempts?: number | undefined;
  /** Each stands around every call, the first outermost. */
  readonly interceptors?: readonly Interceptor[] | undefined;
  /** "native" when absent; "grpc-js" needs the package @grpc/grpc-js. */
  readonly transport?: "native" | "grpc-js" | undefined;
  /** Milliseconds between pings of a connection in use; one that is not answered ends it. 20,000 when absent. */
  readonly keepalive?: number | undefined;
  /** Bytes of an answer at most; 16 MiB when absent. */
  readonly largestAnswer?: number | undefined;
}

export interface TlsOptions {
  readonly ca?: string | Uint8Array | undefined;
  readonly cert?: string | Uint8Array | undefined;
  readonly key?: string | Uint8Array | undefined;
  readonly servername?: string | undefined;
}

/** One call, as interceptors see it. What they hand on may differ in its options. */
export interface InterceptedCall {
  /** For example `/shop.v1.OrderRepository/Get`. */
  readonly path: string;
  /** Full name of the entity; undefined for calls that are about none. */
  readonly entity: string | undefined;
  readonly method: string;
  readonly options: CallOptions;
}

/**
 * Goes on with `next`, once, or throws. What `next` resolves to is the answer, decoded; it may be looked at and timed. For a Scan it
 * resolves to undefined when the stream has ended or was left; one that goes on after a connection broke is another call.
 */
export type Interceptor = (
  call: InterceptedCall,
  next: (call: InterceptedCall) => Promise<unknown>,
) => Promise<unknown>;
