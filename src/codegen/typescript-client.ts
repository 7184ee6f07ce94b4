/** A schema → the modules of the TypeScript client: one for each package, and an index with `connect`. */

import { create, createFileRegistry, fromBinary, type DescEnum, type DescMessage } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { compareText } from "../model/compare.ts";
import { createAnnotations, type Annotations } from "../schema/annotations.ts";
import type { LoadedSchema } from "../schema/load-schema.ts";
import type { GeneratedFiles } from "./generated-files.ts";
import { createComments } from "./typescript/comments.ts";
import { declaredNames, type PackageContent } from "./typescript/declared-names.ts";
import { isValue } from "./typescript/field.ts";
import { group } from "./typescript/layout.ts";
import { importPath, modulePath, packageNames } from "./typescript/names.ts";
import { packageModule } from "./typescript/package-module.ts";

/** The shape of what is made is in clients/typescript/README.md. */
export function typescriptClient(schema: Pick<LoadedSchema, "entities" | "descriptors">): GeneratedFiles {
  const annotations = createAnnotations();
  const entities = entitiesOf(schema);
  const packages = packagesOf(entities, annotations);
  const declared = new Map(packages.map((content) => [content.name, declaredNames(content)]));
  const context = { annotations, comments: createComments(annotations) };
  const files = packages.map((content): [string, Uint8Array] => [
    modulePath(content.name),
    Buffer.from(packageModule(content, declared, context)),
  ]);
  const withEntities = packages.filter(({ messages }) => messages.some((message) => entities.includes(message)));
  return new Map([...files, ["index.ts", Buffer.from(indexText(withEntities))]]);
}

/** Out of the bytes that reflection has, because they hold the comments. */
function entitiesOf({ entities, descriptors }: Pick<LoadedSchema, "entities" | "descriptors">): readonly DescMessage[] {
  const names = new Set(entities.flatMap(({ repositoryFile }) => descriptors.closure(repositoryFile)));
  const file = [...names].map((name) =>
    fromBinary(FileDescriptorProtoSchema, descriptors.fileByName(name) ?? new Uint8Array()),
  );
  const registry = createFileRegistry(create(FileDescriptorSetSchema, { file }));
  return entities.flatMap(({ model }) => registry.getMessage(model.name) ?? []);
}

/** Every message and enum that entities are made of, by package. */
function packagesOf(entities: readonly DescMessage[], annotations: Annotations): readonly PackageContent[] {
  const messages = new Set<DescMessage>();
  const enums = new Set<DescEnum>();
  const visit = (message: DescMessage): void => {
    if (messages.has(message) || isValue(message)) return;
    messages.add(message);
    for (const field of message.fields) {
      if (annotations.field(field).ignore) continue;
      if (field.message) visit(field.message);
      if (field.enum) enums.add(field.enum);
    }
  };
  entities.forEach(visit);
  const found = Map.groupBy([...messages, ...enums], ({ file }) => file.proto.package);
  const names = packageNames([...found.keys()]);
  return [...found].sort(([a], [b]) => compareText(a, b)).map(([name, declared]) => {
    const own = names.get(name);
    if (!own) throw new TypeError(`${name} has no name`);
    const sorted = declared.map((one) => ({ one, place: placeOf(one) })).sort((a, b) => comparePlaces(a.place, b.place));
    return {
      name,
      names: own,
      messages: sorted.flatMap(({ one }) => (one.kind === "message" ? [one] : [])),
      enums: sorted.flatMap(({ one }) => (one.kind === "enum" ? [one] : [])),
    };
  });
} // prettier-ignore

/** The file, then the position within it, from outside to inside. */
function placeOf(declared: DescMessage | DescEnum): readonly [file: string, path: readonly number[]] {
  const path = (one: DescMessage | DescEnum): readonly number[] => {
    const { parent, file } = one;
    if (one.kind === "message") {
      return parent ? [...path(parent), parent.proto.nestedType.indexOf(one.proto)] : [file.proto.messageType.indexOf(one.proto)]; // prettier-ignore
    }
    return parent ? [...path(parent), parent.proto.enumType.indexOf(one.proto)] : [file.proto.enumType.indexOf(one.proto)]; // prettier-ignore
  };
  return [declared.file.proto.name, path(declared)];
}

function comparePlaces([a, aPath]: ReturnType<typeof placeOf>, [b, bPath]: ReturnType<typeof placeOf>): number {
  const files = compareText(a, b);
  if (files !== 0) return files;
  const at = aPath.findIndex((number, i) => number !== bPath[i]);
  return at < 0 ? aPath.length - bPath.length : (aPath[at] ?? 0) - (bPath[at] ?? -1);
}

function indexText(packages: readonly PackageContent[]): string {
  const imports = packages.map(({ name, names }) =>
    group("import ", "{", [names.constant, `type ${names.type}`], ` from "${importPath("index.ts", modulePath(name))}";`),
  ); // prettier-ignore
  const members = packages.map(({ names }) => `  readonly ${names.member}: ${names.type};\n`);
  const tables = packages.map(({ names: { member, constant } }) => (member === constant ? member : `${member}: ${constant}`)); // prettier-ignore
  return `// Generated by \`pannier generate\`; not to be edited.

import { connect as connectTo, type ConnectOptions, type Database } from "pannier/client";
${imports.join("")}
/** The packages that the client was generated for. */
export interface Packages {
${members.join("")}}

/** A client of the sidecar at \`target\`: PANNIER_TARGET, or 127.0.0.1:7070, where the options have none. Waits until it serves. */
export function connect(options?: ConnectOptions): Promise<Database<Packages>> {
${call(tables)}}
`;
}

function call(tables: readonly string[]): string {
  const line = `  return connectTo<Packages>({ ${tables.join(", ")} }, options);\n`;
  if (line.length <= 121) return line;
  return `  return connectTo<Packages>(\n${group("", "{", tables, ",", "    ")}    options,\n  );\n`;
}
