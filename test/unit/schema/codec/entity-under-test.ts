/** Entities of test/entities and proto/ with their models, their descriptors and the messages of their repositories, for protobuf-es as the oracle. */

import { createFileRegistry, create, type DescMessage, type FileRegistry } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema, type FileDescriptorProto } from "@bufbuild/protobuf/wkt";
import { fileURLToPath } from "node:url";
import type { EntityModel } from "../../../../src/model/entity.ts";
import type { CodecLimits } from "../../../../src/schema/codec/codec.ts";
import { loadSchema } from "../../../../src/schema/load-schema.ts";
import { ownFiles } from "../../../../src/schema/load/own-files.ts";

export interface EntityUnderTest {
  readonly model: EntityModel;
  readonly desc: DescMessage;
  /** A message of the entity's package, by its name after the entity's: `Filter`, `RepositoryGetRequest`. */
  message(suffix: string): DescMessage;
}

export const LIMITS: CodecLimits = {
  filterDepth: 32,
  filterTerms: 1_000,
  batchItems: 1_000,
  unknownEntityFields: "refuse",
};

/** By full name. */
export async function loadEntities(): Promise<ReadonlyMap<string, EntityUnderTest>> {
  const root = (path: string): string => fileURLToPath(new URL(`../../../../${path}`, import.meta.url));
  const entities = new Map<string, EntityUnderTest>();
  for (const source of ["test/entities", "proto"]) {
    const schema = await loadSchema({ sources: [root(source)] });
    if (!schema.registry) throw new Error(JSON.stringify(schema.findings));
    const loaded = [...schema.registry.files].map((file) => file.proto);
    const made = schema.entities.map(({ file }) => file);
    const files = inOrder([...ownFiles().map(({ proto }) => proto), ...loaded, ...made]);
    const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: files }));
    for (const { model } of schema.entities) {
      entities.set(model.name, {
        model,
        desc: messageIn(registry, model.name),
        message: (suffix) => messageIn(registry, model.name + suffix),
      });
    }
  }
  return entities;
}

/** Each file once, after those it imports. */
function inOrder(files: readonly FileDescriptorProto[]): FileDescriptorProto[] {
  const byName = new Map(files.map((file) => [file.name, file]));
  const ordered = new Set<FileDescriptorProto>();
  const add = (file: FileDescriptorProto): void => {
    for (const name of file.dependency) {
      const imported = byName.get(name);
      if (imported && !ordered.has(imported)) add(imported);
    }
    ordered.add(file);
  };
  for (const file of byName.values()) add(file);
  return [...ordered];
}

function messageIn(registry: FileRegistry, name: string): DescMessage {
  const desc = registry.getMessage(name);
  if (!desc) throw new Error(`there is no ${name}`);
  return desc;
}
