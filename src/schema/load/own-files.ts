/** The proto files that Pannier brings itself, so that no user has to. */

import { readdir, readFile } from "node:fs/promises";
import {
  file_google_protobuf_any,
  file_google_protobuf_api,
  file_google_protobuf_compiler_plugin,
  file_google_protobuf_descriptor,
  file_google_protobuf_duration,
  file_google_protobuf_empty,
  file_google_protobuf_field_mask,
  file_google_protobuf_source_context,
  file_google_protobuf_struct,
  file_google_protobuf_timestamp,
  file_google_protobuf_type,
  file_google_protobuf_wrappers,
} from "@bufbuild/protobuf/wkt";
import { file_google_rpc_error_details } from "../../gen/google/rpc/error_details_pb.ts";
import { file_google_rpc_status } from "../../gen/google/rpc/status_pb.ts";
import { file_grpc_health_v1_health } from "../../gen/grpc/health/v1/health_pb.ts";
import { file_grpc_reflection_v1_reflection } from "../../gen/grpc/reflection/v1/reflection_pb.ts";
import { file_grpc_reflection_v1alpha_reflection } from "../../gen/grpc/reflection/v1alpha/reflection_pb.ts";
import { file_pannier_v1_admin } from "../../gen/pannier/v1/admin_pb.ts";
import { file_pannier_v1_annotations } from "../../gen/pannier/v1/annotations_pb.ts";
import { file_pannier_v1_collection } from "../../gen/pannier/v1/collection_pb.ts";
import { file_pannier_v1_predicate } from "../../gen/pannier/v1/predicate_pb.ts";
import { file_pannier_v1_repository } from "../../gen/pannier/v1/repository_pb.ts";
import { file_pannier_v1_transaction } from "../../gen/pannier/v1/transaction_pb.ts";
import type { DescriptorFile } from "../descriptors.ts";

/** Import folder of the shared vocabulary. A user's own copy is never read: an older one could miss annotations silently. */
const VOCABULARY = "pannier/v1/";

/** What the compiler has built in. */
const WELL_KNOWN = [
  file_google_protobuf_any,
  file_google_protobuf_api,
  file_google_protobuf_compiler_plugin,
  file_google_protobuf_descriptor,
  file_google_protobuf_duration,
  file_google_protobuf_empty,
  file_google_protobuf_field_mask,
  file_google_protobuf_source_context,
  file_google_protobuf_struct,
  file_google_protobuf_timestamp,
  file_google_protobuf_type,
  file_google_protobuf_wrappers,
];

/** What the server itself speaks and answers with. */
const SPOKEN = [
  file_google_rpc_status,
  file_google_rpc_error_details,
  file_pannier_v1_annotations,
  file_pannier_v1_predicate,
  file_pannier_v1_repository,
  file_pannier_v1_transaction,
  file_pannier_v1_collection,
  file_pannier_v1_admin,
  file_grpc_health_v1_health,
  file_grpc_reflection_v1_reflection,
  file_grpc_reflection_v1alpha_reflection,
];

/** Descriptors, without comments, of everything that is always there; each after those it imports. */
export function ownFiles(): readonly DescriptorFile[] {
  return [...WELL_KNOWN, ...SPOKEN].map((file) => ({ proto: file.proto }));
}

/** Whether ours is taken whatever a source holds under this import name. */
export function isOwn(name: string): boolean {
  return name.startsWith(VOCABULARY);
}

const wellKnownNames: ReadonlySet<string> = new Set(WELL_KNOWN.map((file) => file.proto.name));

/** Whether the compiler brings it, so that a source's copy is not compiled. */
export function isWellKnown(name: string): boolean {
  return wellKnownNames.has(name);
}

/** Import name → text of the shared vocabulary, for the compiler. */
export async function vocabularyTexts(): Promise<ReadonlyMap<string, Uint8Array>> {
  // The same depth in a checkout and in what is emitted from it.
  const folder = new URL(`../../../proto/${VOCABULARY}`, import.meta.url);
  const names = (await readdir(folder)).filter((name) => name.endsWith(".proto")).sort();
  const texts = await Promise.all(names.map((name) => readFile(new URL(name, folder))));
  return new Map(names.map((name, i) => [VOCABULARY + name, texts[i] ?? new Uint8Array()]));
}
