/** The fields of answers. Those that are the same for all are lists of their own, which the encoder recognises. */

import type { FieldList, Pair } from "../../http2/hpack-encoder.ts";
import { ending } from "../call/ending.ts";
import type { Rejected } from "../transport.ts";

/** In front of an answer's messages; the request's id follows. */
export const ANSWER: FieldList = [
  [":status", "200"],
  ["content-type", "application/grpc+proto"],
  ["grpc-accept-encoding", "identity"],
];

/** Behind an answer's messages. */
export const OK: FieldList = [["grpc-status", "0"]];

/** In front of a status that follows no message. */
export const STATUS_ALONE: FieldList = [
  [":status", "200"],
  ["content-type", "application/grpc+proto"],
];

/** In front of a status that follows messages. */
export const STATUS: FieldList = [];

export const NO_PAIRS: readonly Pair[] = [];

/** The fields of a status. */
export function statusPairs(rejected: Rejected, requestId: string): readonly Pair[] {
  const { code, text, metadata } = ending(rejected, requestId);
  return [
    ...metadata.map(([name, value]): Pair => [name, typeof value === "string" ? value : unpadded(value)]),
    ["grpc-status", String(code)],
    ["grpc-message", encodeURI(text)],
  ];
}

/** Base64 as gRPC wants it to be sent; what is received may be padded. */
function unpadded(bytes: Buffer): string {
  return bytes.toString("base64").replace(/=+$/, "");
}
