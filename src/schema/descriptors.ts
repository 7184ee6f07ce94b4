/** Everything that server reflection must answer: files by name, by symbol and by extension, as the bytes they came in. */

import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  FileDescriptorProtoSchema,
  type DescriptorProto,
  type FieldDescriptorProto,
  type FileDescriptorProto,
} from "@bufbuild/protobuf/wkt";
import { compareText } from "../model/compare.ts";
import type { SynthesizedNames } from "./synthesize/names.ts";

export interface Descriptors {
  /** A serialized FileDescriptorProto, custom options intact; `option_dependency` is moved into `dependency`. */
  fileByName(name: string): Uint8Array | undefined;
  /** Name of the file that declares a message, field, oneof, enum, enum value, extension, service or method by its full name. */
  fileOfSymbol(symbol: string): string | undefined;
  /** Name of the file that declares the extension of `type` (full message name) with this number. */
  fileOfExtension(type: string, number: number): string | undefined;
  /** Numbers of all known extensions of `type`, ascending; empty for a message without any; undefined for what is no known message. */
  extensionNumbers(type: string): readonly number[] | undefined;
  /** Full names of all services, in order of code points. */
  services(): readonly string[];
  /** Names of all files, in order of code points. */
  fileNames(): readonly string[];
  /** `name` and every file it imports, directly or not, each before those that import it. Empty for an unknown file. */
  closure(name: string): readonly string[];
}

/** One file as it was loaded. */
export interface DescriptorFile {
  readonly proto: FileDescriptorProto;
  /** As they were read; made from `proto` when absent. */
  readonly bytes?: Uint8Array;
}

/** A file that is made when it is asked for. */
export interface SynthesizedFile {
  readonly names: SynthesizedNames;
  readonly make: () => FileDescriptorProto;
}

export interface DescriptorFiles {
  readonly files: readonly DescriptorFile[];
  readonly synthesized: readonly SynthesizedFile[];
}

/** Milliseconds that the index is kept after it was last asked: a tool asks several times in a row, and then mostly nobody does. */
const kept = 60_000;

/**
 * Indexes the files when it is asked, and lets go of them when it has not been asked for a minute: they are several times as large as what was read. Where
 * two have one name, or declare one, the first is taken.
 *
 * @param read called once in a minute at most; answers the same each time
 */
export function createDescriptors(read: () => DescriptorFiles): Descriptors {
  let index: FileIndex | undefined;
  let letting: NodeJS.Timeout | undefined;
  const letGo = (): void => {
    index = undefined;
    letting = undefined;
  };
  const indexed = (): FileIndex => {
    if (letting) letting.refresh();
    else letting = setTimeout(letGo, kept).unref();
    return (index ??= new FileIndex(read()));
  };
  return {
    fileByName: (name) => indexed().fileByName(name),
    fileOfSymbol: (symbol) => indexed().fileOfSymbol(symbol),
    fileOfExtension: (type, number) => indexed().fileOfExtension(type, number),
    extensionNumbers: (type) => indexed().extensionNumbers(type),
    services: () => indexed().services(),
    fileNames: () => indexed().fileNames(),
    closure: (name) => indexed().closure(name),
  };
}

class FileIndex implements Descriptors {
  readonly #files = new Map<string, DescriptorFile>();
  /** Synthesized files that nobody has asked for yet, by import name; and theirs by the full names at their top level. */
  readonly #unmade = new Map<string, () => FileDescriptorProto>();
  readonly #unmadeSymbols = new Map<string, string>();
  readonly #bytes = new Map<string, Uint8Array>();
  /** Full name → file, of everything that can hold other symbols, and of extensions. */
  readonly #symbols = new Map<string, string>();
  /** Full name → names of its fields, oneofs, enum values or methods. */
  readonly #members = new Map<string, () => readonly string[]>();
  readonly #extensions = new Map<string, Map<number, string>>();
  readonly #messages = new Set<string>();
  readonly #services = new Set<string>();

  constructor({ files, synthesized }: DescriptorFiles) {
    for (const file of files) this.#add(file);
    for (const { names, make } of synthesized) {
      if (this.#files.has(names.file)) continue;
      this.#unmade.set(names.file, make);
      for (const name of [...names.messages, names.service]) this.#unmadeSymbols.set(name, names.file);
      this.#services.add(names.service);
    }
  }

  fileByName(name: string): Uint8Array | undefined {
    const known = this.#bytes.get(name);
    if (known) return known;
    this.#make(name);
    const file = this.#files.get(name);
    if (!file) return undefined;
    const bytes = reflectionBytes(file);
    this.#bytes.set(name, bytes);
    return bytes;
  }

  fileOfSymbol(symbol: string): string | undefined {
    this.#makeFor(symbol);
    const whole = this.#symbols.get(symbol);
    if (whole !== undefined) return whole;
    const dot = symbol.lastIndexOf(".");
    if (dot < 0) return undefined;
    const parent = symbol.slice(0, dot);
    const known =
      this.#members
        .get(parent)?.()
        .includes(symbol.slice(dot + 1)) === true;
    return known ? this.#symbols.get(parent) : undefined;
  }

  fileOfExtension(type: string, number: number): string | undefined {
    return this.#extensions.get(type)?.get(number);
  }

  extensionNumbers(type: string): readonly number[] | undefined {
    this.#makeFor(type);
    const numbers = this.#extensions.get(type);
    if (numbers) return [...numbers.keys()].sort((a, b) => a - b);
    return this.#messages.has(type) ? [] : undefined;
  }

  services(): readonly string[] {
    return [...this.#services].sort(compareText);
  }

  fileNames(): readonly string[] {
    return [...this.#files.keys(), ...this.#unmade.keys()].sort(compareText);
  }

  closure(name: string): readonly string[] {
    const seen = new Set<string>();
    const ordered: string[] = [];
    const visit = (next: string): void => {
      this.#make(next);
      const file = this.#files.get(next);
      if (!file || seen.has(next)) return;
      seen.add(next);
      for (const imported of importsOf(file.proto)) visit(imported);
      ordered.push(next);
    };
    visit(name);
    return ordered;
  }

  /** Makes and indexes the synthesized file with this import name, where it has not been. */
  #make(name: string): void {
    const make = this.#unmade.get(name);
    if (!make) return;
    this.#unmade.delete(name);
    this.#add({ proto: make() });
  }

  /** Makes the synthesized file that declares the symbol, or something around it. */
  #makeFor(symbol: string): void {
    for (let name = symbol; name !== ""; name = name.slice(0, Math.max(0, name.lastIndexOf(".")))) {
      const file = this.#unmadeSymbols.get(name);
      if (file !== undefined) return this.#make(file);
    }
  }

  #add(file: DescriptorFile): void {
    const { proto } = file;
    if (this.#files.has(proto.name)) return;
    this.#files.set(proto.name, file);
    const scope = proto.package === "" ? "" : `${proto.package}.`;
    for (const message of proto.messageType) this.#addMessage(proto.name, scope, message);
    for (const type of proto.enumType) this.#addEnum(proto.name, scope, type);
    for (const extension of proto.extension) this.#addExtension(proto.name, scope, extension);
    for (const service of proto.service) {
      const name = scope + service.name;
      this.#services.add(name);
      this.#declare(name, proto.name);
      this.#describe(name, () => service.method.map((method) => method.name));
    }
  }

  #declare(symbol: string, file: string): void {
    if (!this.#symbols.has(symbol)) this.#symbols.set(symbol, file);
  }

  #describe(symbol: string, members: () => readonly string[]): void {
    if (!this.#members.has(symbol)) this.#members.set(symbol, members);
  }

  #addMessage(file: string, scope: string, message: DescriptorProto): void {
    const name = scope + message.name;
    this.#declare(name, file);
    this.#messages.add(name);
    this.#describe(name, () => [...message.field, ...message.oneofDecl].map((member) => member.name));
    for (const nested of message.nestedType) this.#addMessage(file, `${name}.`, nested);
    for (const type of message.enumType) this.#addEnum(file, `${name}.`, type);
    for (const extension of message.extension) this.#addExtension(file, `${name}.`, extension);
  }

  #addEnum(file: string, scope: string, type: DescriptorProto["enumType"][number]): void {
    this.#declare(scope + type.name, file);
    this.#describe(scope + type.name, () => type.value.map((value) => value.name));
    // The language puts enum values beside their enum, not inside it.
    for (const value of type.value) this.#declare(scope + value.name, file);
  }

  #addExtension(file: string, scope: string, extension: FieldDescriptorProto): void {
    this.#declare(scope + extension.name, file);
    const type = extension.extendee.replace(/^\./, "");
    const numbers = this.#extensions.get(type) ?? new Map<number, string>();
    if (!numbers.has(extension.number)) numbers.set(extension.number, file);
    this.#extensions.set(type, numbers);
  }
}

/** Every file that `proto` imports, those for its options included. */
export function importsOf(proto: FileDescriptorProto): readonly string[] {
  return [...proto.dependency, ...proto.optionDependency];
}

/** Tools that know no edition 2024 miss options whose file only `option_dependency` names, so it is reflectionBytes as `dependency`. */
function reflectionBytes(file: DescriptorFile): Uint8Array {
  const { proto, bytes } = file;
  if (proto.optionDependency.length === 0) return bytes ?? toBinary(FileDescriptorProtoSchema, proto);
  const copy = bytes ? fromBinary(FileDescriptorProtoSchema, bytes) : create(FileDescriptorProtoSchema, proto);
  copy.dependency = [...importsOf(proto)];
  copy.optionDependency = [];
  return toBinary(FileDescriptorProtoSchema, copy);
}
