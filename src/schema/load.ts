/** Sources of a schema (descriptor sets, directories of .proto) → one set of descriptor files, and what is wrong with them. */

import { readFile, stat } from "node:fs/promises";
import { letCompile } from "../compilers.ts";
import type { DescriptorFile } from "./descriptors.ts";
import type { Finding } from "./finding.ts";
import { bufVersion, compile, type Complaint } from "./load/buf.ts";
import { cacheKey, createCompileCache } from "./load/compile-cache.ts";
import { parseDescriptorSet } from "./load/descriptor-set.ts";
import { importableTexts } from "./load/importable.ts";
import { mergeFiles, type Origin } from "./load/merge.ts";
import { isOwn, isWellKnown, vocabularyTexts } from "./load/own-files.ts";
import { readProtoDirectory, type ProtoFile } from "./load/proto-directory.ts";
import { importOnLine, isSameProto } from "./load/proto-text.ts";

export interface LoadOptions {
  /** Paths of descriptor set files and of directories of .proto files. */
  readonly sources: readonly string[];
  /** Where compiled directories are kept; they are compiled each time without it. */
  readonly cacheDir?: string;
}

export interface LoadedFiles {
  /** Each after those it imports; imports that Pannier brings are among them. Incomplete when there are findings. */
  readonly files: readonly DescriptorFile[];
  /** Import name → path of the .proto file as its source was given; nothing for files out of descriptor sets. */
  readonly paths: ReadonlyMap<string, string>;
  readonly findings: readonly Finding[];
  /** What is worth a word but refuses nothing. */
  readonly notices: readonly Finding[];
}

/** Never throws for what a source holds; that becomes findings. */
export async function loadFiles(options: LoadOptions): Promise<LoadedFiles> {
  const gathered = new Gathering();
  for (const source of options.sources) await gathered.read(source);
  if (gathered.protos.size > 0) await gathered.compile(options.cacheDir);
  const merged = mergeFiles(gathered.origins);
  return {
    files: merged.files,
    paths: gathered.paths(),
    // What a failed compilation left out is missing everywhere, which says nothing new.
    findings: gathered.findings.length > 0 ? gathered.findings : merged.findings,
    notices: gathered.notices,
  };
}

/** Bytes of a descriptor set, some hundred entities, from which on it pays to compile the code that reads it. */
const largeSet = 300_000;

class Gathering {
  readonly findings: Finding[] = [];
  readonly notices: Finding[] = [];
  readonly origins: Origin[] = [];
  /** All directories are compiled as one module, so that they may import each other. */
  readonly protos = new Map<string, ProtoFile>();

  paths(): ReadonlyMap<string, string> {
    return new Map([...this.protos].map(([name, file]) => [name, file.path]));
  }

  async read(source: string): Promise<void> {
    const found = await stat(source).catch(() => undefined);
    if (found?.isDirectory()) return this.#readDirectory(source);
    if (!found?.isFile())
      return this.#find(source, "there is no such file or directory", "correct the path in `descriptors`");
    if (source.endsWith(".proto")) {
      return this.#find(source, "a single .proto file was given", "give the directory that its imports begin at");
    }
    return this.#readDescriptorSet(source);
  }

  async compile(cacheDir: string | undefined): Promise<void> {
    const version = await bufVersion();
    if (version === undefined) return this.#findNoCompiler();
    const own = await vocabularyTexts();
    const texts = new Map([...this.protos].map(([name, file]) => [name, file.text]));
    for (const [name, text] of own) {
      const theirs = texts.get(name);
      if (theirs && !Buffer.from(text).equals(theirs)) this.#noticeOlderCopy(name);
      texts.set(name, text);
    }
    const brought = await importableTexts(texts);
    for (const [name, text] of brought) texts.set(name, text);
    const cache = createCompileCache(cacheDir);
    const key = cacheKey(texts, version);
    const known = await cache.get(key);
    if (known) return this.#addSet("compiled directories", known, brought);
    const compiled = await compile(texts);
    if (!compiled.ok) {
      this.findings.push(...compiled.complaints.map((complaint) => this.#fromCompiler(complaint)));
      return;
    }
    await cache.put(key, compiled.set);
    this.#addSet("compiled directories", compiled.set, brought);
  }

  async #readDirectory(source: string): Promise<void> {
    const files = await readProtoDirectory(source);
    if (files.length === 0) this.#find(source, "holds no .proto file", "give the directory that imports begin at");
    for (const file of files) {
      const other = this.protos.get(file.name);
      if (isWellKnown(file.name)) continue;
      if (!other) this.protos.set(file.name, file);
      else if (!isSameProto(other.text, file.text)) {
        this.#find(file.path, `${file.name} is also in ${other.path}, with other content`, "keep one of the two");
      }
    }
  }

  async #readDescriptorSet(source: string): Promise<void> {
    const bytes = await readFile(source).catch(() => undefined);
    if (!bytes) return this.#find(source, "cannot be read", "allow reading it");
    if (bytes.length === 0) return this.#find(source, "is an empty file", HOW_TO_MAKE_A_SET);
    this.#addSet(source, bytes);
  }

  /** What was `brought` with it gives way to any other source's. */
  #addSet(source: string, bytes: Uint8Array, brought: ReadonlyMap<string, unknown> = new Map()): void {
    try {
      if (bytes.length > largeSet) letCompile();
      const files = parseDescriptorSet(bytes);
      if (files.length === 0) this.#find(source, "holds no file", HOW_TO_MAKE_A_SET);
      this.origins.push({ source, files, brought: new Set(brought.keys()) });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#find(source, `is no descriptor set: ${reason}`, HOW_TO_MAKE_A_SET);
    }
  }

  #fromCompiler(complaint: Complaint): Finding {
    const { name, line, column, message } = complaint;
    const missing = /imported file does not exist/.test(message);
    const text = name === undefined ? undefined : this.protos.get(name)?.text;
    const wanted = missing && text && line !== undefined ? importOnLine(text, line) : undefined;
    return {
      file:
        name === undefined
          ? ([...this.protos.values()].map((file) => file.path)[0] ?? "")
          : (this.protos.get(name)?.path ?? name),
      ...(line !== undefined && { line }),
      ...(line !== undefined && column !== undefined && { column }),
      what: wanted === undefined ? message : `imports ${wanted}, which no directory holds`,
      mend: missing
        ? "put it into the directory, or give a descriptor set that holds its imports"
        : "correct the file; the compiler refuses it",
    };
  }

  #findNoCompiler(): void {
    const [first] = this.protos.values();
    const what = "a .proto file needs the compiler of @bufbuild/buf, which is not installed";
    this.#find(first?.path ?? "", what, `give a descriptor set: ${HOW_TO_MAKE_A_SET}`);
  }

  #noticeOlderCopy(name: string): void {
    this.notices.push({
      file: this.protos.get(name)?.path ?? name,
      what: `differs from the ${name} that this Pannier brings, which is used instead`,
      mend: isOwn(name) ? "remove the copy: it is supplied" : "remove the copy",
    });
  }

  #find(file: string, what: string, mend: string): void {
    this.findings.push({ file, what, mend });
  }
}

const HOW_TO_MAKE_A_SET =
  "make one with `buf build --as-file-descriptor-set -o schema.binpb` or `protoc --include_imports --descriptor_set_out=schema.binpb`";
