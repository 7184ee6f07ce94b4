/** A schema → the buf module of its repositories: synthesized files, what they import, and the page that buf reads. */

import { fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { readFile } from "node:fs/promises";
import { compareText } from "../model/compare.ts";
import type { Finding } from "../schema/finding.ts";
import type { LoadedSchema } from "../schema/load-schema.ts";
import { importableText } from "../schema/load/importable.ts";
import { isWellKnown, vocabularyTexts } from "../schema/load/own-files.ts";
import { printFile } from "../schema/print.ts";
import type { GeneratedFiles } from "./generated-files.ts";

type Schema = Pick<LoadedSchema, "entities" | "descriptors" | "paths">;

export interface ProtoModule {
  readonly files: GeneratedFiles;
  /** Why the module cannot be made. */
  readonly findings: readonly Finding[];
}

/**
 * `repositories/` holds what is synthesized, `entities/` copies of the schema's own files as far as those import them,
 * `imports/` what Pannier brings. All three are roots of imports.
 */
export async function protoModule({ entities, descriptors, paths }: Schema): Promise<ProtoModule> {
  const made = new Set(entities.map(({ repositoryFile }) => repositoryFile));
  const vocabulary = await vocabularyTexts();
  const files = new Map<string, Uint8Array>([["buf.yaml", Buffer.from(BUF_YAML)]]);
  const findings: Finding[] = [];
  const names = [...made, ...vocabulary.keys()].flatMap((name) => descriptors.closure(name));
  for (const name of new Set(names)) {
    const path = paths.get(name);
    const brought = vocabulary.get(name) ?? (path === undefined ? await importableText(name) : undefined);
    if (isWellKnown(name)) continue; // every compiler has it
    if (made.has(name)) files.set(`repositories/${name}`, Buffer.from(printed(descriptors.fileByName(name))));
    else if (brought) files.set(`imports/${name}`, brought);
    else if (path !== undefined) files.set(`entities/${name}`, await readFile(path));
    else findings.push(withoutText(name));
  }
  return { files: new Map([...files].sort(([a], [b]) => compareText(a, b))), findings };
}

/** The file as reflection shows it holds the comments, too. */
function printed(bytes: Uint8Array | undefined): string {
  return printFile(fromBinary(FileDescriptorProtoSchema, bytes ?? new Uint8Array()));
}

function withoutText(name: string): Finding {
  return {
    file: name,
    what: "came in a descriptor set, which does not hold its text",
    mend: "give the directory of .proto files that it was made from: --descriptors DIRECTORY",
  };
}

const BUF_YAML = `# Written by \`pannier generate\`; not to be edited.
version: v2
modules:
  - path: repositories
    lint:
      use: [STANDARD]
      service_suffix: Repository
  # Copies of what the repositories import; linted where they come from.
  - path: entities
    lint:
      ignore: [entities]
  - path: imports
    lint:
      ignore: [imports]
`;
