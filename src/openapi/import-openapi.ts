/** A document of OpenAPI → the text of a .proto file with annotated entities, and what could not be said in it. */

import type { EnumDraft, ImportFinding, MessageDraft } from "./draft.ts";
import { enumOf, type Typing } from "./field-type.ts";
import { messageOf } from "./message.ts";
import { typeName } from "./names.ts";
import { parseNode, type DocumentNode } from "./node.ts";
import { readLock } from "./numbers.ts";
import { protoText } from "./proto-text.ts";
import { INDEX_MAP, modelsOf, readSchema } from "./schemas.ts";

export interface ImportOptions {
  /** The document, without its folder. */
  readonly source: string;
  /** Of protobuf; by the document's title where it is absent. */
  readonly package?: string | undefined;
  /** The file that an earlier import wrote; its numbers are kept. */
  readonly before?: string | undefined;
}

export interface Imported {
  readonly package: string;
  readonly text: string;
  /** Models with rows, by the name of their message. */
  readonly entities: readonly ImportedModel[];
  /** Models that are no entities; those that an entity holds are messages or enums of the file. */
  readonly skipped: readonly SkippedModel[];
  readonly findings: readonly ImportFinding[];
}

export interface ImportedModel {
  readonly model: string;
  readonly line: number;
  readonly message: string;
}

export interface SkippedModel {
  readonly model: string;
  readonly line: number;
  /** Its index map was not enough for an entity; findings say why. */
  readonly hasMap: boolean;
  readonly isUsed: boolean;
}

/** @throws DocumentRefused */
export function importOpenapi(text: string, options: ImportOptions): Imported {
  const root = parseNode(text);
  const builder = new FileBuilder(root);
  builder.build();
  const name = options.package ?? packageOf(root);
  const { messages, enums, imports, entities, skipped, findings } = builder;
  const file = { package: name, messages, enums };
  return {
    package: name,
    text: protoText(file, { source: options.source, imports, lock: readLock(options.before ?? "") }),
    entities,
    skipped,
    findings: findings.toSorted((a, b) => a.line - b.line),
  };
}

/** `Corner shop` becomes corner_shop.v1. */
function packageOf(root: DocumentNode): string {
  const title = root.get("info")?.get("title")?.text ?? "";
  const words = title
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/gu, "_")
    .replaceAll(/^[_0-9]+|_+$/gu, "");
  return `${words === "" ? "imported" : words}.v1`;
}

class FileBuilder {
  readonly messages: MessageDraft[] = [];
  readonly enums: EnumDraft[] = [];
  readonly imports = new Set<string>();
  readonly entities: ImportedModel[] = [];
  readonly findings: ImportFinding[] = [];
  readonly #models: ReadonlyMap<string, DocumentNode>;
  readonly #typing: Typing;
  /** Type → model, of all that have one. */
  readonly #names = new Map<string, string>();
  readonly #asked: string[] = [];
  readonly #built = new Set<string>();

  constructor(root: DocumentNode) {
    this.#models = modelsOf(root);
    this.#typing = {
      models: this.#models,
      report: (finding) => this.#report(finding),
      imports: this.imports,
      nameOf: (model) => this.#ask(model),
      messageOf: (name, schema, model) => messageOf(this.#typing, { name, schema, model, isModel: false }),
    };
  }

  build(): void {
    for (const [model, node] of this.#models) if (hasMap(node)) this.#ask(model);
    for (let model = this.#asked.shift(); model !== undefined; model = this.#asked.shift()) this.#model(model);
  }

  get skipped(): readonly SkippedModel[] {
    const entities = new Set(this.entities.map(({ model }) => model));
    return [...this.#models]
      .filter(([model]) => !entities.has(model))
      .map(([model, node]) => ({ model, line: node.line, hasMap: hasMap(node), isUsed: this.#built.has(model) }));
  }

  /** A model is read in several ways, and what is wrong with it is said once. */
  #report(finding: ImportFinding): void {
    const isSame = (other: ImportFinding): boolean =>
      other.line === finding.line &&
      other.model === finding.model &&
      other.what === finding.what &&
      other.field === finding.field;
    if (!this.findings.some(isSame)) this.findings.push(finding);
  }

  #ask(model: string): string {
    const name = typeName(model);
    const other = this.#names.get(name);
    if (other === undefined) {
      this.#names.set(name, model);
      this.#asked.push(model);
    } else if (other !== model) {
      const line = this.#models.get(model)?.line ?? 1;
      const what = `and ${other} both give the name ${name}`;
      this.#report({ line, model, what, mend: `${other} stands for it; name one of them otherwise` });
    }
    return name;
  }

  #model(model: string): void {
    const node = this.#models.get(model);
    const schema = node && readSchema(this.#typing, node, { model });
    if (!schema) return;
    this.#built.add(model);
    const name = typeName(model);
    if (schema.values.length > 0) {
      this.enums.push(enumOf(name, { ...schema, model }, { model, report: this.#typing.report }));
      return;
    }
    const message = messageOf(this.#typing, { name, schema, model, isModel: hasMap(node) });
    this.messages.push(message);
    if (message.entity) this.entities.push({ model, line: node.line, message: name });
  }
}

/** A model has rows by its own map, or by one in its `allOf`; not by one of a model that it refers to. */
function hasMap(node: DocumentNode): boolean {
  if (node.get("$ref")) return false;
  return node.get(INDEX_MAP) !== undefined || (node.get("allOf")?.items() ?? []).some(hasMap);
}
