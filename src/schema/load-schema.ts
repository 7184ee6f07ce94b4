/** Sources → everything the sidecar needs to know of them: models, services, descriptors; or everything that is wrong. */

import type { DescMessage, FileRegistry } from "@bufbuild/protobuf";
import type { EntityModel } from "../model/entity.ts";
import { compareText } from "../model/compare.ts";
import { createAnnotations, type Annotations } from "./annotations.ts";
import { checkSchema } from "./check.ts";
import { checkDeclaredOnce } from "./check/names.ts";
import { unrouted, type Routing } from "./check/tables.ts";
import { createDescriptors, type DescriptorFile, type DescriptorFiles, type Descriptors } from "./descriptors.ts";
import { createModels } from "./entity-model.ts";
import type { Finding } from "./finding.ts";
import { loadFiles, type LoadOptions } from "./load.ts";
import { parseFile } from "./load/descriptor-set.ts";
import { ownFiles } from "./load/own-files.ts";
import { buildRegistry } from "./load/registry.ts";
import { synthesize } from "./synthesize.ts";
import { synthesizedNames } from "./synthesize/names.ts";

export interface LoadSchemaOptions extends LoadOptions {
  /** What configuration says about entities and stores; as the annotations have it when absent. */
  readonly routing?: Routing;
}

export interface LoadedEntity {
  readonly model: EntityModel;
  /** Import name of the file of its repository. */
  readonly repositoryFile: string;
}

export interface LoadedSchema {
  /** By full name. Empty when there are findings. */
  readonly entities: readonly LoadedEntity[];
  /** Everything that was loaded, what was synthesized, and what the server itself speaks. */
  readonly descriptors: Descriptors;
  /** Import name → path of the .proto file, as its source was given; nothing for files out of descriptor sets. */
  readonly paths: ReadonlyMap<string, string>;
  /** What is worth a word but refuses nothing. */
  readonly notices: readonly Finding[];
  /** What refuses the start; `formatFindings` makes text of them. */
  readonly findings: readonly Finding[];
}

/** Never throws for what the sources hold; that becomes findings. */
export async function loadSchema(options: LoadSchemaOptions): Promise<LoadedSchema> {
  const { files, paths, findings, notices } = await loadFiles(options);
  if (findings.length > 0) return refused(files, paths, findings, notices);
  const declared = checkDeclaredOnce(
    files.map(({ proto }) => proto),
    paths,
  );
  if (declared.length > 0) return refused(files, paths, declared, notices);
  const built = buildRegistry(files);
  if (!built.ok) return refused(files, paths, built.findings, notices);
  const annotations = createAnnotations();
  const entities = findEntities(built.registry, annotations);
  if (entities.length === 0) return refused(files, paths, [noEntity(options.sources)], notices);
  const synthesized = entities.map((entity) => ({ entity, names: synthesizedNames(entity, annotations) }));
  const { registry } = built;
  const checked = checkSchema({
    registry,
    annotations,
    entities,
    synthesized,
    paths,
    routing: options.routing ?? unrouted,
  });
  if (checked.findings.length > 0) return refused(files, paths, checked.findings, [...notices, ...checked.notices]);
  const models = createModels(entities, annotations);
  return {
    entities: models.map((model, at) => ({ model, repositoryFile: synthesized[at]?.names.file ?? "" })),
    descriptors: rereadable(files),
    paths,
    notices: [...notices, ...checked.notices],
    findings: [],
  };
}

/**
 * Keeps what was read as bytes: descriptors and annotations are several times as large, and after a start reflection alone wants them.
 * No function in here may name `files`, or they would be kept with it.
 */
function rereadable(files: readonly DescriptorFile[]): Descriptors {
  const kept = files.map((file) => file.bytes ?? file);
  return createDescriptors(() => read(kept));
}

/** Files that have been read once without a finding. */
function read(kept: readonly (Uint8Array | DescriptorFile)[]): DescriptorFiles {
  const files = kept.map((file) => (file instanceof Uint8Array ? parseFile(file) : file));
  const built = buildRegistry(files);
  if (!built.ok) throw new TypeError("files that made a registry once make none");
  const annotations = createAnnotations();
  const synthesized = findEntities(built.registry, annotations).map((entity) => ({
    names: synthesizedNames(entity, annotations),
    make: () => synthesize(entity, annotations),
  }));
  return { files: [...files, ...ownFiles()], synthesized };
}

function refused(
  files: readonly DescriptorFile[],
  paths: ReadonlyMap<string, string>,
  findings: readonly Finding[],
  notices: readonly Finding[],
): LoadedSchema {
  const descriptors = createDescriptors(() => ({ files: [...files, ...ownFiles()], synthesized: [] }));
  return { entities: [], descriptors, paths, notices, findings };
}

function noEntity(sources: readonly string[]): Finding {
  return {
    file: sources.join(", ") || "descriptors",
    what: "no message is an entity",
    mend: 'write `option (pannier.v1.entity) = {key: {partition: "id"}};` in one',
  };
}

/** Nested ones too, so that they can be refused. */
function findEntities(registry: FileRegistry, annotations: Annotations): readonly DescMessage[] {
  const found: DescMessage[] = [];
  const visit = (message: DescMessage): void => {
    if (annotations.entity(message)) found.push(message);
    message.nestedMessages.forEach(visit);
  };
  for (const file of registry.files) file.messages.forEach(visit);
  return found.sort((a, b) => compareText(a.typeName, b.typeName));
}
