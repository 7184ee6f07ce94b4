/** How a call ends on the wire: a Rejected as status and trailers, and the metadata every answer carries. */

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

/** A lone surrogate would make grpc-js lose the code (`encodeURI` throws), and half a pair is one. */
export function statusText(text: string): string {
  const whole = text.toWellFormed();
  if (whole.length <= longestText) return whole;
  return Array.from(whole.slice(0, 2 * longestText))
    .slice(0, longestText)
    .join("")
    .toWellFormed();
}
