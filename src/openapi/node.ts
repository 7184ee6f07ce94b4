/** A document of YAML or JSON, whose parts know the line they stand in. */

import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Document,
  type Node as YamlNode,
} from "yaml";

export interface DocumentNode {
  /** From 1. */
  readonly line: number;
  readonly kind: "map" | "list" | "scalar";
  /** Of a map, in the order of the document; undefined where it has no such member. */
  get(name: string): DocumentNode | undefined;
  entries(): readonly (readonly [name: string, node: DocumentNode])[];
  items(): readonly DocumentNode[];
  /** Of a scalar. */
  readonly text: string | undefined;
  readonly number: number | undefined;
  readonly isTrue: boolean;
}

/** Why a document cannot be read. */
export class DocumentRefused extends Error {
  override readonly name = "DocumentRefused";
  readonly line: number;

  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

/** @throws DocumentRefused */
export function parseNode(text: string): DocumentNode {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false });
  const [error] = document.errors;
  if (error)
    throw new DocumentRefused(lines.linePos(error.pos[0]).line, `it is neither YAML nor JSON: ${error.message}`);
  const { contents } = document;
  if (!isMap(contents)) throw new DocumentRefused(1, "it holds no object");
  return nodeOf(contents, { document, lines });
}

interface Source {
  readonly document: Document;
  readonly lines: LineCounter;
}

function nodeOf(yaml: YamlNode, source: Source, at?: number): DocumentNode {
  const line = at ?? lineOf(yaml, source);
  const found = isAlias(yaml) ? yaml.resolve(source.document) : yaml;
  const value: unknown = isScalar(found) ? found.value : undefined;
  const entries = (): readonly (readonly [string, DocumentNode])[] => {
    if (!isMap(found)) return [];
    return found.items.flatMap(({ key, value: member }) => {
      if (!isScalar(key) || !isNode(member)) return [];
      return [[String(key.value), nodeOf(member, source, lineOf(key, source))] as const];
    });
  };
  return {
    line,
    kind: isMap(found) ? "map" : isSeq(found) ? "list" : "scalar",
    entries,
    get: (name) => entries().find(([own]) => own === name)?.[1],
    items: () => (isSeq(found) ? found.items.filter(isNode).map((item) => nodeOf(item, source)) : []),
    text: typeof value === "string" || typeof value === "number" ? String(value) : undefined,
    number: typeof value === "number" ? value : undefined,
    isTrue: value === true,
  };
}

function isNode(value: unknown): value is YamlNode {
  return isMap(value) || isSeq(value) || isScalar(value) || isAlias(value);
}

function lineOf(yaml: YamlNode, { lines }: Source): number {
  return lines.linePos(yaml.range?.[0] ?? 0).line;
}
