/** What is decided about a call from its headers alone, before a byte of its body is read. */

import { randomUUID } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http2";
import type { TransportLimits, TransportRefusal } from "../transport.ts";
import { parseTimeout } from "./timeout.ts";

export type Admission =
  /** `timeout`: milliseconds the client allows; undefined when it says nothing. */
  | { readonly kind: "admitted"; readonly timeout: number | undefined }
  | { readonly kind: "refused"; readonly refusal: TransportRefusal }
  /** Not gRPC at all: answered in plain HTTP. */
  | { readonly kind: "http"; readonly status: 405 | 415 }
  /** More than SETTINGS allow, from a peer that has not acknowledged them: headers made to unpack. */
  | { readonly kind: "hostile" };

export interface Arrival {
  readonly headers: IncomingHttpHeaders;
  /** Names and values in turn, as they came. */
  readonly raw: readonly string[];
  /** Calls open beside this one, and the bytes they hold. */
  readonly open: { readonly size: number; readonly bytes: number };
  readonly draining: boolean;
  readonly known: boolean;
}

/** Bytes of a call's headers, as SETTINGS tell clients; far above our own limit, so that the answer is a status and not a reset. */
export const LARGEST_HEADER_LIST: number = 256 * 1_024;

const contentType = /^application\/grpc(\+proto)?\s*(;.*)?$/i;
const base64 = /^[A-Za-z0-9+/]*={0,2}$/;

export function admit(arrival: Arrival, limits: TransportLimits): Admission {
  const { headers, raw } = arrival;
  const metadata = measure(raw);
  if (metadata.bytes > LARGEST_HEADER_LIST) return { kind: "hostile" };
  if (headers[":method"] !== "POST") return { kind: "http", status: 405 };
  if (!contentType.test(headers["content-type"] ?? "")) return { kind: "http", status: 415 };
  const refusal = arrival.draining ? "draining" : (headerRefusal(metadata, limits) ?? callRefusal(arrival, limits));
  if (refusal) return { kind: "refused", refusal };
  const text = headers["grpc-timeout"];
  if (text === undefined) return { kind: "admitted", timeout: undefined };
  const timeout = typeof text === "string" ? parseTimeout(text) : undefined;
  if (timeout === undefined) return { kind: "refused", refusal: "timeout_invalid" };
  return timeout === 0 ? { kind: "refused", refusal: "deadline" } : { kind: "admitted", timeout };
}

interface Measured {
  readonly pairs: number;
  readonly bytes: number;
  /** Whether a value that must be base64 is not. */
  readonly broken: boolean;
}

/** What HTTP/2 itself needs (`:path` and its like) is not the caller's metadata. */
function measure(raw: readonly string[]): Measured {
  let bytes = 0;
  let pairs = 0;
  let broken = false;
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at] ?? "";
    const value = raw[at + 1] ?? "";
    if (name.startsWith(":")) continue;
    pairs += 1;
    bytes += name.length + value.length;
    broken ||= name.endsWith("-bin") && !isBinary(value);
  }
  return { pairs, bytes, broken };
}

function headerRefusal({ pairs, bytes, broken }: Measured, limits: TransportLimits): TransportRefusal | undefined {
  if (pairs > limits.headerPairs || bytes > limits.headerBytes) return "metadata_too_large";
  return broken ? "metadata_invalid" : undefined;
}

/** One name may hold several values, with commas between. */
function isBinary(value: string): boolean {
  return value.split(",").every((part) => {
    const text = part.trim();
    return base64.test(text) && text.replace(/=+$/, "").length % 4 !== 1;
  });
}

function callRefusal({ headers, open, known }: Arrival, limits: TransportLimits): TransportRefusal | undefined {
  if (open.size >= limits.callsInFlight) return "calls_exhausted";
  if (open.bytes >= limits.bytesInFlight) return "bytes_exhausted";
  if (!known) return "method_unknown";
  const encoding = headers["grpc-encoding"];
  return encoding === undefined || encoding === "identity" ? undefined : "encoding_unsupported";
}

/** The client's own where it can stand in logs and headers. */
export function requestIdOf({ headers }: Pick<Arrival, "headers">): string {
  const sent = headers["x-request-id"];
  return typeof sent === "string" && /^[\x21-\x7e]{1,64}$/.test(sent) ? sent : randomUUID();
}
