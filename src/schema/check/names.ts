/** Generated names against everything that is already declared, and against each other. */

import type { DescMessage, FileRegistry } from "@bufbuild/protobuf";
import type { FileDescriptorProto } from "@bufbuild/protobuf/wkt";
import type { Finding } from "../finding.ts";
import type { SynthesizedNames } from "../synthesize/names.ts";
import type { Paths, Report } from "./entity-under-check.ts";

/** What is synthesized for an entity. */
export interface SynthesizedFor {
  readonly entity: DescMessage;
  readonly names: SynthesizedNames;
}

/** Where a name came from, in words. */
type Owners = Map<string, string>;

export function checkNames(registry: FileRegistry, synthesized: readonly SynthesizedFor[], report: Report): void {
  const owners = declaredNames(registry);
  for (const { entity, names } of synthesized) {
    const from = `the repository of ${entity.typeName}`;
    const taken = owners.get(names.file);
    const mend = taken === LOADED ? OUTSIDE : RENAME;
    if (taken !== undefined) report(entity, `${from} would be ${names.file}, which ${taken} is already`, mend);
    else owners.set(names.file, from);
    for (const name of [...names.messages, names.service]) {
      const owner = owners.get(name);
      if (owner === names.file) continue; // that file is reported as a whole
      if (owner !== undefined) report(entity, `${from} would have ${name}, which ${owner} has already`, RENAME);
      else owners.set(name, from);
    }
    checkFilter(entity, names.predicates, report);
  }
}

/** Names that two files of different sources declare: a registry would silently take the last. */
export function checkDeclaredOnce(files: Iterable<FileDescriptorProto>, paths: Paths): readonly Finding[] {
  const owners: Owners = new Map();
  const findings: Finding[] = [];
  for (const file of files) {
    for (const name of topLevelNames(file)) {
      const owner = owners.get(name);
      if (owner === undefined) owners.set(name, file.name);
      else {
        const what = `declares ${name}, as ${paths.get(owner) ?? owner} does`;
        findings.push({
          file: paths.get(file.name) ?? file.name,
          what,
          mend: "give the same file under one import name only",
        });
      }
    }
  }
  return findings;
}

function declaredNames(registry: FileRegistry): Owners {
  const owners: Owners = new Map();
  for (const { proto } of registry.files) {
    owners.set(proto.name, LOADED);
    for (const name of topLevelNames(proto)) owners.set(name, proto.name);
    // `a.b.c` is a name in the package `a.b` too.
    proto.package
      .split(".")
      .forEach((_, i, parts) => owners.set(parts.slice(0, i + 1).join("."), `the package ${proto.package}`));
  }
  return owners;
}

/** Full names; the values of an enum are its siblings. */
function topLevelNames(file: FileDescriptorProto): readonly string[] {
  const names = [
    ...file.messageType.map(({ name }) => name),
    ...file.enumType.flatMap(({ name, value }) => [name, ...value.map((one) => one.name)]),
    ...file.extension.map(({ name }) => name),
    ...file.service.map(({ name }) => name),
  ];
  return file.package === "" ? names : names.map((name) => `${file.package}.${name}`);
}

/** Two fields may ask for one nested predicate, or a field may have a predicate's name. */
function checkFilter(entity: DescMessage, predicates: readonly string[], report: Report): void {
  const seen = new Set(entity.fields.map((field) => field.name));
  for (const name of predicates) {
    if (seen.has(name))
      report(entity, `its Filter would hold ${name} twice`, "rename one of the fields it is made from");
    seen.add(name);
  }
}

const LOADED = "a loaded file";

const OUTSIDE = "keep generated files in a folder of their own, outside of what is loaded, or rename the entity";

const RENAME = "rename one of the two, or give the entity an `api_name`";
