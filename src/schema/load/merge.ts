/** Descriptor files of several sources → one list, each file once and after those it imports. */

import { clone, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema, type FileDescriptorProto } from "@bufbuild/protobuf/wkt";
import { importsOf, type DescriptorFile } from "../descriptors.ts";
import type { Finding } from "../finding.ts";
import { isOwn, isWellKnown, ownFiles } from "./own-files.ts";

export interface Origin {
  /** What its files came from, for findings. */
  readonly source: string;
  readonly files: readonly DescriptorFile[];
  /** Import names of those that Pannier added; another source's are taken instead, whatever they hold. */
  readonly brought: ReadonlySet<string>;
}

export interface Merged {
  readonly files: readonly DescriptorFile[];
  readonly findings: readonly Finding[];
}

interface Placed {
  readonly source: string;
  readonly file: DescriptorFile;
}

/** The first of equal files is taken. Files of google/protobuf may differ between compilers without being mistaken. */
export function mergeFiles(origins: readonly Origin[]): Merged {
  const findings: Finding[] = [];
  const placed = new Map<string, Placed>();
  const own = ownFiles();
  const held = new Set(origins.flatMap(({ files, brought }) => namesOf(files).filter((name) => !brought.has(name))));
  for (const { source, files, brought } of origins) {
    for (const file of files) {
      const { name } = file.proto;
      if (brought.has(name) && held.has(name)) continue;
      const other = placed.get(name);
      if (!other) placed.set(name, { source, file: isOwn(name) ? ours(own, file) : file });
      else if (!isOwn(name) && !isWellKnown(name) && !sameContent(other.file, file)) {
        findings.push(differs(name, source, other.source));
      }
    }
  }
  const supplied = new Map(own.map((file) => [file.proto.name, { source: "pannier", file }]));
  for (const [name, file] of supplied) if (isOwn(name) && !placed.has(name)) placed.set(name, file);
  return { files: sorted(placed, supplied, findings), findings };
}

function namesOf(files: readonly DescriptorFile[]): readonly string[] {
  return files.map(({ proto }) => proto.name);
}

/** Ours replaces another version of it; an equal one may have comments, so it stays. */
function ours(own: readonly DescriptorFile[], file: DescriptorFile): DescriptorFile {
  const known = own.find(({ proto }) => proto.name === file.proto.name);
  return known && !sameContent(known, file) ? known : file;
}

function sameContent(a: DescriptorFile, b: DescriptorFile): boolean {
  if (a.bytes && b.bytes && Buffer.from(a.bytes).equals(b.bytes)) return true;
  return Buffer.from(bare(a.proto)).equals(bare(b.proto));
}

/** Without what compilers may add or leave out. */
function bare(proto: FileDescriptorProto): Uint8Array {
  const { sourceCodeInfo: _, ...content } = proto; // left out first, because it is most of what there is to clone
  const copy = clone(FileDescriptorProtoSchema, content);
  const dropJsonNames = (message: FileDescriptorProto["messageType"][number]): void => {
    for (const field of [...message.field, ...message.extension]) field.jsonName = "";
    message.nestedType.forEach(dropJsonNames);
  };
  copy.messageType.forEach(dropJsonNames);
  for (const extension of copy.extension) extension.jsonName = "";
  return toBinary(FileDescriptorProtoSchema, copy);
}

function differs(name: string, source: string, other: string): Finding {
  return {
    file: name,
    what: `${source} and ${other} both hold it, with different content`,
    mend: "make both sources from one version of the file",
  };
}

/**
 * Each file after its imports, which are supplied where no source holds them; a missing import and a circle become
 * findings. What nobody imports is not supplied, so that a source may hold it under an import name of its own.
 */
function sorted(
  placed: ReadonlyMap<string, Placed>,
  supplied: ReadonlyMap<string, Placed>,
  findings: Finding[],
): readonly DescriptorFile[] {
  const state = new Map<string, "open" | "done">();
  const ordered: DescriptorFile[] = [];
  const visit = ({ file, source }: Placed): void => {
    const { proto } = file;
    state.set(proto.name, "open");
    for (const name of importsOf(proto)) {
      const imported = placed.get(name) ?? supplied.get(name);
      // Options alone: they are kept as bytes, whether their file is known or not.
      if (!imported && proto.optionDependency.includes(name)) continue;
      if (!imported) findings.push(missing(proto.name, name, source));
      else if (state.get(name) === "open") findings.push(circular(proto.name, name));
      else if (!state.has(name)) visit(imported);
    }
    state.set(proto.name, "done");
    ordered.push(file);
  };
  for (const next of placed.values()) if (!state.has(next.file.proto.name)) visit(next);
  return ordered;
}

function missing(file: string, name: string, source: string): Finding {
  return {
    file,
    what: `imports ${name}, which no source holds (${source})`,
    mend: "make the descriptor set with its imports (`protoc --include_imports`; `buf build` has them)",
  };
}

function circular(file: string, name: string): Finding {
  return { file, what: `imports ${name}, which imports it in turn`, mend: "break the circle of imports" };
}
