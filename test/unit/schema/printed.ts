/** Entities of some sources with what is synthesized for them, for tests of synthesis and printing. */

import { clone, type DescMessage } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema, type FileDescriptorProto } from "@bufbuild/protobuf/wkt";
import { createAnnotations, type Annotations } from "../../../src/schema/annotations.ts";
import { loadFiles } from "../../../src/schema/load.ts";
import { buildRegistry } from "../../../src/schema/load/registry.ts";
import { printFile } from "../../../src/schema/print.ts";
import { synthesize } from "../../../src/schema/synthesize.ts";

export interface Printed {
  readonly entity: DescMessage;
  readonly annotations: Annotations;
  readonly file: FileDescriptorProto;
  readonly text: string;
}

export async function printAll(...sources: readonly string[]): Promise<readonly Printed[]> {
  const { files, findings } = await loadFiles({ sources });
  const built = buildRegistry(files);
  if (findings.length > 0 || !built.ok) throw new Error(`the sources do not load: ${JSON.stringify(findings)}`);
  const annotations = createAnnotations();
  return [...built.registry.files]
    .flatMap((file) => file.messages)
    .filter((message) => annotations.entity(message) !== undefined)
    .map((entity) => {
      const file = synthesize(entity, annotations);
      return { entity, annotations, file, text: printFile(file) };
    });
}

/** Without comments and places. */
export function withoutSourceInfo(file: FileDescriptorProto): FileDescriptorProto {
  const copy = clone(FileDescriptorProtoSchema, file);
  delete copy.sourceCodeInfo;
  return copy;
}
