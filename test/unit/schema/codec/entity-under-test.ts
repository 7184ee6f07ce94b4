/** Entities of test/entities and proto/ with their models, their descriptors and the messages of their repositories, for protobuf-es as the oracle. */

import { createFileRegistry, create, fromBinary, type DescMessage, type FileRegistry } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { fileURLToPath } from "node:url";
import type { EntityModel } from "../../../../src/model/entity.ts";
import type { CodecLimits } from "../../../../src/schema/codec/codec.ts";
import type { Descriptors } from "../../../../src/schema/descriptors.ts";
import { loadSchema } from "../../../../src/schema/load-schema.ts";

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
    if (schema.findings.length > 0) throw new Error(JSON.stringify(schema.findings));
    const registry = registryOf(schema.descriptors);
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

/** Everything that reflection would answer. */
export function registryOf(descriptors: Descriptors): FileRegistry {
  const names = new Set(descriptors.fileNames().flatMap((name) => descriptors.closure(name)));
  const file = [...names].map((name) =>
    fromBinary(FileDescriptorProtoSchema, descriptors.fileByName(name) ?? new Uint8Array()),
  );
  return createFileRegistry(create(FileDescriptorSetSchema, { file }));
}

function messageIn(registry: FileRegistry, name: string): DescMessage {
  const desc = registry.getMessage(name);
  if (!desc) throw new Error(`there is no ${name}`);
  return desc;
}
