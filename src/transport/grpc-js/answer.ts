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

/** `more`: what the method gave beside. */
export function statusOf(rejected: Rejected, requestId: string, more: Metadata): GrpcStatus {
  const { code, text, metadata } = ending(rejected, requestId);
  const all = metadataOf(metadata);
  all.merge(more);
  return { code, details: text, metadata: all };
}

/** `value` is base64 where the name says that it is binary. */
export function addTo(metadata: Metadata, name: string, value: string): void {
  metadata.add(name, name.endsWith("-bin") ? Buffer.from(value, "base64") : value);
}

function metadataOf(pairs: AnswerMetadata): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of pairs) metadata.set(name, value);
  return metadata;
}
