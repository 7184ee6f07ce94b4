/** Statuses and metadata in grpc-js's own form. */

import { Metadata } from "@grpc/grpc-js";
import { answerMetadata, ending, type AnswerMetadata } from "../call/ending.ts";
import type { Rejected } from "../transport.ts";

/** A status as grpc-js takes it. */
export interface GrpcStatus {
  readonly code: number;
  readonly details: string;
  readonly metadata: Metadata;
}

/** Headers of an answer. */
export function answerHeaders(requestId: string): Metadata {
  return metadataOf(answerMetadata(requestId));
}

export function statusOf(rejected: Rejected, requestId: string): GrpcStatus {
  const { code, text, metadata } = ending(rejected, requestId);
  return { code, details: text, metadata: metadataOf(metadata) };
}

function metadataOf(pairs: AnswerMetadata): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of pairs) metadata.set(name, value);
  return metadata;
}
