/**
 * The repository service of an entity, as the descriptor of a file in the folder of its package. A pure function of the
 * entity's descriptor and annotations: the same entity gives the same service, byte for byte.
 */

import { create, type DescFile, type DescMessage } from "@bufbuild/protobuf";
import { Edition, FileDescriptorProtoSchema, type FileDescriptorProto } from "@bufbuild/protobuf/wkt";
import { compareText } from "../model/compare.ts";
import type { Annotations } from "./annotations.ts";
import { managedKind } from "./entity-model.ts";
import { apiName, repositoryFile, serviceName } from "./naming.ts";
import { assembleMessage, assembleService, Comments } from "./synthesize/assemble.ts";
import { copiedOptions } from "./synthesize/file-options.ts";
import { draftFilter } from "./synthesize/filter.ts";
import { draftKey, draftMessages, draftMethods } from "./synthesize/repository.ts";

/** Field numbers in google/protobuf/descriptor.proto, of which paths are made. */
const IN_FILE = { message: 4, service: 6, syntax: 12, edition: 14 };

/** @throws TypeError for a message that is no entity */
export function synthesize(entity: DescMessage, annotations: Annotations): FileDescriptorProto {
  const options = annotations.entity(entity);
  if (!options) throw new TypeError(`${entity.typeName} is no entity`);
  const { file, name, typeName } = entity;
  const api = apiName(typeName, options.apiName);
  const base = options.apiName === "" ? name : options.apiName;
  const softDelete = entity.fields.some((field) => managedKind(annotations.field(field)) === "deletedAt");
  const edition = editionOf(file);
  const explicit = edition !== undefined;
  const comments = new Comments();
  comments.add(
    [explicit ? IN_FILE.edition : IN_FILE.syntax],
    `What the sidecar synthesizes for ${name}, and \`pannier generate\` prints.`,
  );
  comments.add([IN_FILE.service, 0], `The repository of ${name}.`);
  const service = assembleService(serviceName(base), draftMethods(api, softDelete), [IN_FILE.service, 0], comments);
  const drafts = [
    draftKey(entity, base, options),
    draftFilter(entity, base, annotations, { identifiers: explicit }),
    ...draftMessages({ entity: typeName, api }, softDelete),
  ];
  const messages = drafts.map((draft, i) => assembleMessage(draft, [IN_FILE.message, i], { explicit, comments }));
  const copied = copiedOptions(file);
  return create(FileDescriptorProtoSchema, {
    name: repositoryFile(file.proto.name, file.proto.package, base),
    package: file.proto.package,
    dependency: imports(entity, annotations),
    messageType: messages,
    service: [service],
    ...(copied && { options: copied }),
    ...(explicit ? { syntax: "editions", edition } : { syntax: "proto3" }),
    sourceCodeInfo: { location: comments.locations },
  });
}

/** Undefined for proto3. proto2 becomes an edition, because proto2 cannot hold messages of proto3 enums as they are. */
function editionOf(file: DescFile): Edition | undefined {
  if (file.edition === Edition.EDITION_PROTO3) return undefined;
  return file.edition === Edition.EDITION_PROTO2 ? Edition.EDITION_2023 : file.edition;
}

/** What every synthesized file uses, and the files of the enums that this one's predicates hold. */
function imports(entity: DescMessage, annotations: Annotations): string[] {
  const enums = entity.fields
    .filter((field) => field.enum && field.fieldKind !== "map" && !annotations.field(field).ignore)
    .flatMap((field) => field.enum?.file.proto.name ?? []);
  const always = [
    entity.file.proto.name,
    "google/protobuf/field_mask.proto",
    "google/protobuf/timestamp.proto",
    "pannier/v1/predicate.proto",
    "pannier/v1/repository.proto",
  ];
  return [...new Set([...always, ...enums])].sort(compareText);
}
