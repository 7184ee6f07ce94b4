/** What is decided about a call from its headers alone, before a byte of its body is read. */

import { parseTimeout } from "./timeout.ts";
import type { TransportLimits, TransportRefusal } from "../transport.ts";

export type Admission =
  /** `timeout`: milliseconds the client allows; undefined when it says nothing. */
  | { readonly kind: "admitted"; readonly timeout: number | undefined }
  | { readonly kind: "refused"; readonly refusal: TransportRefusal }
  /** Not gRPC at all: answered in plain HTTP. */
  | { readonly kind: "http"; readonly status: 405 | 415 };

/** The headers of a call, as far as they decide; made of the headers alone, so that equal ones need be read once. */
export interface RequestHead {
  readonly method: string | undefined;
  readonly path: string;
  readonly isGrpc: boolean;
  /** Milliseconds; undefined where none is given, −1 where it is malformed. */
  readonly timeout: number | undefined;
  readonly isEncoded: boolean;
  readonly hasTe: boolean;
  /** The client's own where it fits logs and headers. */
  readonly requestId: string | undefined;
  /** Of the caller's metadata: what HTTP/2 itself needs (`:path` and its like) does not count. */
  readonly pairs: number;
  readonly bytes: number;
  /** Whether a value that must be base64 is not. */
  readonly isBroken: boolean;
}

/** What else decides. */
export interface Arrival {
  /** Calls open beside this one, and the bytes they hold. */
  readonly open: { readonly size: number; readonly bytes: number };
  readonly isDraining: boolean;
  readonly isKnown: boolean;
}

/** Bytes of a call's headers, as SETTINGS tell clients; far above our own limit, so that the answer is a status and not a reset. */
export const LARGEST_HEADER_LIST: number = 256 * 1_024;

const contentType = /^application\/grpc(\+proto)?\s*(;.*)?$/i;
const base64 = /^[A-Za-z0-9+/]*={0,2}$/;
const requestId = /^[\x21-\x7e]{1,64}$/;

export function admit(head: RequestHead, arrival: Arrival, limits: TransportLimits): Admission {
  if (head.method !== "POST") return { kind: "http", status: 405 };
  if (!head.isGrpc) return { kind: "http", status: 415 };
  const refusal = arrival.isDraining ? "draining" : (headerRefusal(head, limits) ?? callRefusal(head, arrival, limits));
  if (refusal) return { kind: "refused", refusal };
  const { timeout } = head;
  if (timeout === -1) return { kind: "refused", refusal: "timeout_invalid" };
  return timeout === 0 ? { kind: "refused", refusal: "deadline" } : { kind: "admitted", timeout };
}

function headerRefusal(head: RequestHead, limits: TransportLimits): TransportRefusal | undefined {
  if (head.pairs > limits.headerPairs || head.bytes > limits.headerBytes) return "metadata_too_large";
  return head.isBroken ? "metadata_invalid" : undefined;
}

function callRefusal(
  head: RequestHead,
  { open, isKnown }: Arrival,
  limits: TransportLimits,
): TransportRefusal | undefined {
  if (open.size >= limits.callsInFlight) return "calls_exhausted";
  if (open.bytes >= limits.bytesInFlight) return "bytes_exhausted";
  if (!isKnown) return "method_unknown";
  return head.isEncoded ? "encoding_unsupported" : undefined;
}

/** `raw`: names and values in turn, as they came; `get` answers the values of a name, joined. */
export function requestHead(raw: readonly string[], get: (name: string) => string | undefined): RequestHead {
  const text = get("grpc-timeout");
  const encoding = get("grpc-encoding");
  const id = get("x-request-id");
  return {
    method: get(":method"),
    path: get(":path") ?? "",
    isGrpc: contentType.test(get("content-type") ?? ""),
    timeout: text === undefined ? undefined : (parseTimeout(text) ?? -1),
    isEncoded: encoding !== undefined && encoding !== "identity",
    hasTe: get("te") !== undefined,
    requestId: id !== undefined && requestId.test(id) ? id : undefined,
    ...measure(raw),
  };
}

function measure(raw: readonly string[]): Pick<RequestHead, "pairs" | "bytes" | "isBroken"> {
  let bytes = 0;
  let pairs = 0;
  let isBroken = false;
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at] ?? "";
    const value = raw[at + 1] ?? "";
    if (name.startsWith(":")) continue;
    pairs += 1;
    bytes += name.length + value.length;
    isBroken ||= name.endsWith("-bin") && !isBinary(value);
  }
  return { pairs, bytes, isBroken };
}

/** One name may hold several values, with commas between. */
function isBinary(value: string): boolean {
  return value.split(",").every((part) => {
    const text = part.trim();
    return base64.test(text) && text.replace(/=+$/, "").length % 4 !== 1;
  });
}

/** Milliseconds; streams have no overall deadline of ours. */
export function timeoutOf(
  timeout: { readonly maximum: number; readonly fallback: number } | undefined,
  client: number | undefined,
): number {
  if (!timeout) return client ?? Infinity;
  return Math.min(client ?? timeout.fallback, timeout.maximum);
}
