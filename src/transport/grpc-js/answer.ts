/** How a call ends on the wire: a Rejected as status and trailers, and the metadata every answer carries. */

import { constants, type OutgoingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import { Metadata } from "@grpc/grpc-js";
import type { Rejected } from "../transport.ts";

export interface Ending {
  readonly code: number;
  readonly details: string;
  readonly metadata: Metadata;
}

const longestText = 1_024; // code points

/** Headers of an answer, and part of its trailers where there are no headers. */
export function answerMetadata(requestId: string): Metadata {
  const metadata = new Metadata();
  metadata.set("x-request-id", requestId);
  metadata.set("grpc-accept-encoding", "identity"); // grpc-js would offer gzip, which we refuse
  return metadata;
}

export function ending(rejected: Rejected, requestId: string): Ending {
  const metadata = answerMetadata(requestId);
  const { details, pushback } = rejected;
  if (details.length > 0)
    metadata.set("grpc-status-details-bin", Buffer.from(details.buffer, details.byteOffset, details.length));
  if (pushback !== undefined) metadata.set("grpc-retry-pushback-ms", String(pushback));
  return { code: rejected.code, details: statusText(rejected.message), metadata };
}

/** Answers a call that no handler has seen, without reading on. */
export function answerRefused(stream: ServerHttp2Stream, rejected: Rejected, requestId: string): void {
  const { code, details, metadata } = ending(rejected, requestId);
  answerAtOnce(stream, {
    [constants.HTTP2_HEADER_STATUS]: 200,
    [constants.HTTP2_HEADER_CONTENT_TYPE]: "application/grpc+proto",
    ...metadata.toHttp2Headers(),
    "grpc-status": code,
    "grpc-message": encodeURI(details),
  });
}

/** For what is not gRPC. */
export function answerHttp(stream: ServerHttp2Stream, status: number): void {
  answerAtOnce(stream, { [constants.HTTP2_HEADER_STATUS]: status });
}

/** Closing tells a client that has not ended its request to keep the rest (RFC 9113, 8.1), and grpc-js that there is nothing left to answer. */
function answerAtOnce(stream: ServerHttp2Stream, headers: OutgoingHttpHeaders): void {
  if (stream.destroyed || stream.closed) return;
  stream.respond(headers, { endStream: true });
  stream.close(constants.NGHTTP2_NO_ERROR);
}

/** A lone surrogate would make grpc-js lose the code (`encodeURI` throws), and half a pair is one. */
export function statusText(text: string): string {
  const whole = text.toWellFormed();
  if (whole.length <= longestText) return whole;
  return Array.from(whole.slice(0, 2 * longestText))
    .slice(0, longestText)
    .join("")
    .toWellFormed();
}
