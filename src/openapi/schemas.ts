/** The models of a document, and what a schema says once its references and `allOf` are followed. */

import type { ImportFinding, ReportFinding } from "./draft.ts";
import type { DocumentNode } from "./node.ts";

/** Name of the vendor extension. */
export const INDEX_MAP = "x-dynamodb-indexmap";

/** By name, in the order of the document: `definitions` first, then `components.schemas`. */
export function modelsOf(root: DocumentNode): ReadonlyMap<string, DocumentNode> {
  const all = [root.get("definitions"), root.get("components")?.get("schemas")];
  return new Map(all.flatMap((section) => section?.entries() ?? []));
}

/** A schema with all that is merged into it. */
export interface Schema {
  readonly line: number;
  /** Undefined where nothing says it. */
  readonly type: string | undefined;
  readonly format: string | undefined;
  readonly description: string | undefined;
  readonly values: readonly DocumentNode[];
  readonly properties: readonly (readonly [name: string, node: DocumentNode])[];
  readonly required: ReadonlySet<string>;
  readonly items: DocumentNode | undefined;
  readonly additional: DocumentNode | undefined;
  readonly indexMap: DocumentNode | undefined;
  readonly maxLength: number | undefined;
  readonly isSet: boolean;
  readonly isDeprecated: boolean;
  /** The model that it is by `$ref` alone. */
  readonly model: string | undefined;
}

export interface Schemas {
  readonly models: ReadonlyMap<string, DocumentNode>;
  readonly report: ReportFinding;
}

interface Place {
  readonly model: string;
  readonly field?: string;
}

/** Follows `$ref` and merges `allOf`; undefined, and reported, where that leads nowhere or says several things. */
export function readSchema(schemas: Schemas, node: DocumentNode, place: Place): Schema | undefined {
  return read(schemas, node, place, []);
}

function read(schemas: Schemas, node: DocumentNode, place: Place, seen: readonly string[]): Schema | undefined {
  const say = (what: string, mend: string, line = node.line): undefined => {
    const finding: ImportFinding = { line, ...place, what, mend };
    schemas.report(finding);
    return undefined;
  };
  const reference = node.get("$ref")?.text;
  if (reference !== undefined) {
    const name = modelIn(reference);
    const model = name === undefined ? undefined : schemas.models.get(name);
    if (name === undefined || !model)
      return say(`refers to ${reference}, which is no model of this document`, "left out; bring the model into it");
    if (seen.includes(name)) return say(`refers to itself by way of ${name}`, "left out; give it a type");
    const found = read(schemas, model, place, [...seen, name]);
    return (
      found && { ...found, model: found.model ?? name, description: node.get("description")?.text ?? found.description }
    );
  }
  const either = ["oneOf", "anyOf", "not"].find((name) => node.get(name));
  if (either !== undefined)
    return say(
      `is described by ${either}, for which there is no field type`,
      "left out; describe one type",
      node.get(either)?.line,
    );
  const own = ownSchema(node);
  const parts = (node.get("allOf")?.items() ?? []).map((part) => read(schemas, part, place, seen));
  if (parts.some((part) => part === undefined)) return undefined;
  const [only] = parts;
  if (only && parts.length === 1 && own.properties.length === 0 && own.type === undefined)
    return { ...only, description: own.description ?? only.description, indexMap: own.indexMap ?? only.indexMap };
  return parts.reduce<Schema | undefined>((so, part) => {
    if (!so || !part) return so;
    if (so.type !== undefined && part.type !== undefined && so.type !== part.type)
      return say(`is ${so.type} and, by allOf, ${part.type}`, "left out; describe one type");
    return merged(part, so);
  }, own);
}

function modelIn(reference: string): string | undefined {
  return /^#\/(?:definitions|components\/schemas)\/([^/]+)$/u
    .exec(reference)?.[1]
    ?.replaceAll("~1", "/")
    .replaceAll("~0", "~");
}

/** `over` wins, but for a property that both have, which keeps its place. */
function merged(under: Schema, over: Schema): Schema {
  const properties = new Map([...under.properties, ...over.properties]);
  return {
    ...over,
    type: over.type ?? under.type,
    format: over.format ?? under.format,
    description: over.description ?? under.description,
    properties: [...properties],
    required: new Set([...under.required, ...over.required]),
    items: over.items ?? under.items,
    additional: over.additional ?? under.additional,
    values: over.values.length > 0 ? over.values : under.values,
    indexMap: over.indexMap ?? under.indexMap,
    maxLength: over.maxLength ?? under.maxLength,
    model: undefined,
  };
}

function ownSchema(node: DocumentNode): Schema {
  const properties = node.get("properties")?.entries() ?? [];
  const type = node.get("type");
  // 3.1 has lists, of which null is one way to say that it may be absent.
  const named = type?.kind === "list" ? type.items().find(({ text }) => text !== "null") : type;
  return {
    line: node.line,
    type: named?.text ?? (properties.length > 0 ? "object" : undefined),
    format: node.get("format")?.text,
    description: node.get("description")?.text ?? node.get("title")?.text,
    values: node.get("enum")?.items() ?? [],
    properties,
    required: new Set((node.get("required")?.items() ?? []).flatMap(({ text }) => text ?? [])),
    items: node.get("items"),
    additional: node.get("additionalProperties"),
    indexMap: node.get(INDEX_MAP),
    maxLength: node.get("maxLength")?.number,
    isSet: node.get("uniqueItems")?.isTrue === true,
    isDeprecated: node.get("deprecated")?.isTrue === true,
    model: undefined,
  };
}
