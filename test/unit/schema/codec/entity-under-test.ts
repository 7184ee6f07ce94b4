/** Entities of test/entities and proto/ with their models, their descriptors and the messages of their repositories, for protobuf-es as the oracle. */

import { createFileRegistry, create, type DescMessage, type FileRegistry } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { fileURLToPath } from "node:url";
import type { EntityModel } from "../../../../src/model/entity.ts";
import { createAnnotations } from "../../../../src/schema/annotations.ts";
import type { CodecLimits } from "../../../../src/schema/codec/codec.ts";
import { createModels } from "../../../../src/schema/entity-model.ts";
import { loadFiles } from "../../../../src/schema/load.ts";
import { synthesize } from "../../../../src/schema/synthesize.ts";

export interface EntityUnderTest {
  readonly model: EntityModel;
  readonly desc: DescMessage;
  /** A message of the entity's package, by its name after the entity's: `Filter`, `RepositoryGetRequest`. */
  message(suffix: string): DescMessage;
}

export const LIMITS: CodecLimits = { filterDepth: 32, filterTerms: 1_000, unknownEntityFields: "refuse" };

/** By full name. */
export async function loadEntities(): Promise<ReadonlyMap<string, EntityUnderTest>> {
  const root = (path: string): string => fileURLToPath(new URL(`../../../../${path}`, import.meta.url));
  const entities = new Map<string, EntityUnderTest>();
  for (const source of ["test/entities", "proto"]) {
    const { files, findings } = await loadFiles({ sources: [root(source)] });
    if (findings.length > 0) throw new Error(JSON.stringify(findings));
    const protos = files.map((file) => file.proto);
    const annotations = createAnnotations();
    const found = entitiesOf(createFileRegistry(create(FileDescriptorSetSchema, { file: protos })), annotations);
    const repositories = found.map((desc) => synthesize(desc, annotations));
    const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: [...protos, ...repositories] }));
    for (const model of createModels(found, annotations)) {
      entities.set(model.name, {
        model,
        desc: messageIn(registry, model.name),
        message: (suffix) => messageIn(registry, model.name + suffix),
      });
    }
  }
  return entities;
}

function entitiesOf(registry: FileRegistry, annotations: ReturnType<typeof createAnnotations>): DescMessage[] {
  const found: DescMessage[] = [];
  for (const type of registry) if (type.kind === "message" && annotations.entity(type)) found.push(type);
  return found;
}

function messageIn(registry: FileRegistry, name: string): DescMessage {
  const desc = registry.getMessage(name);
  if (!desc) throw new Error(`there is no ${name}`);
  return desc;
}
