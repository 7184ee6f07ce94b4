/** How a call ends in gRPC's words: code, text and metadata, as plain strings and bytes. */

import type { Rejected } from "../transport.ts";

/** Metadata of an answer, in the order it is sent; binary values are not encoded yet. */
export type AnswerMetadata = readonly (readonly [name: string, value: string | Buffer])[];

/** What a refused call ends with. */
export interface Ending {
  /** Number of google.rpc.Code. */
  readonly code: number;
  /** Well formed, not percent-encoded yet. */
  readonly text: string;
  readonly metadata: AnswerMetadata;
}

const longestText = 1_024; // code points

/** Headers of an answer, and part of its trailers where there are no headers. */
export function answerMetadata(requestId: string): AnswerMetadata {
  return [
    ["x-request-id", requestId],
    ["grpc-accept-encoding", "identity"], // grpc-js would offer gzip, which we refuse
  ];
}

export function ending({ code, message, details, pushback }: Rejected, requestId: string): Ending {
  const metadata: (readonly [string, string | Buffer])[] = [...answerMetadata(requestId)];
  if (details.length > 0)
    metadata.push(["grpc-status-details-bin", Buffer.from(details.buffer, details.byteOffset, details.length)]);
  if (pushback !== undefined) metadata.push(["grpc-retry-pushback-ms", String(pushback)]);
  return { code, text: statusText(message), metadata };
}

/** A lone surrogate would lose the code (`encodeURI` throws), and half a pair is one. */
export function statusText(text: string): string {
  const whole = text.toWellFormed();
  if (whole.length <= longestText) return whole;
  return Array.from(whole.slice(0, 2 * longestText))
    .slice(0, longestText)
    .join("")
    .toWellFormed();
}
