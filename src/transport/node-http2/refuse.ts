/** Answers to streams that no handler has seen. */

import { constants, type OutgoingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import { ending } from "../call/ending.ts";
import type { Rejected } from "../transport.ts";

/** Answers a call that no handler has seen, without reading on. */
export function answerRefused(stream: ServerHttp2Stream, rejected: Rejected, requestId: string): void {
  const { code, text, metadata } = ending(rejected, requestId);
  const headers = metadata.map(([name, value]) => [name, typeof value === "string" ? value : value.toString("base64")]);
  answerAtOnce(stream, {
    [constants.HTTP2_HEADER_STATUS]: 200,
    [constants.HTTP2_HEADER_CONTENT_TYPE]: "application/grpc+proto",
    ...Object.fromEntries(headers),
    "grpc-status": code,
    "grpc-message": encodeURI(text),
  });
}

/** For what is not gRPC. */
export function answerHttp(stream: ServerHttp2Stream, status: number): void {
  answerAtOnce(stream, { [constants.HTTP2_HEADER_STATUS]: status });
}

/** Closing tells a client that has not ended its request to keep the rest (RFC 9113, 8.1), and a library behind that nothing is left to answer. */
function answerAtOnce(stream: ServerHttp2Stream, headers: OutgoingHttpHeaders): void {
  if (stream.destroyed || stream.closed) return;
  stream.respond(headers, { endStream: true });
  stream.close(constants.NGHTTP2_NO_ERROR);
}
