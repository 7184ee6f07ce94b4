// Reads one TypeScript file for the architecture test: what it imports, and which words it uses outside comments.
import { parseAst } from "rolldown/parseAst";

/** A file of the repository, its path relative to the root, with slashes. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** How a module is reached: `computed` is an import() of an expression, `url` a worker's URL that does not come from workerUrl. */
export type ImportKind = "static" | "type" | "dynamic" | "worker" | "url" | "computed";

export interface Import {
  readonly kind: ImportKind;
  /** As written; a worker's name with its extension put back. */
  readonly specifier: string;
}

/** What the walls are checked on. */
export interface SourceModule {
  readonly path: string;
  readonly imports: readonly Import[];
  /** Every identifier, property names among them. */
  readonly identifiers: ReadonlySet<string>;
  /** String and template literals, module specifiers apart. */
  readonly strings: ReadonlySet<string>;
  readonly exportsStar: boolean;
  readonly endsProcess: boolean;
}

interface Node {
  readonly type: string;
  readonly [key: string]: unknown;
}

/** @throws Error when the text is not TypeScript */
export function parseModule({ path, text }: SourceFile): SourceModule {
  const nodes = [...descend(parseAst(text, { lang: "ts" }, path))];
  const specifiers = new Set(nodes.flatMap((node) => sourceOf(node) ?? []));
  return {
    path,
    imports: nodes.flatMap(importsOf),
    identifiers: new Set(nodes.flatMap(identifierOf)),
    strings: new Set(nodes.filter((node) => !specifiers.has(node)).flatMap(stringOf)),
    exportsStar: nodes.some((node) => node.type === "ExportAllDeclaration"),
    endsProcess: nodes.some(isExit),
  };
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}

function* descend(value: unknown): Generator<Node> {
  if (Array.isArray(value)) {
    for (const element of value) yield* descend(element);
  } else if (isNode(value)) {
    yield value;
    for (const child of Object.values(value)) yield* descend(child);
  }
}

/** The node that holds a module specifier. */
function sourceOf(node: Node): Node | undefined {
  const source = node.type === "TSExternalModuleReference" ? node["expression"] : node["source"];
  return isNode(source) ? source : undefined;
}

function importsOf(node: Node): readonly Import[] {
  if (node.type === "CallExpression") return workersOf(node);
  if (node.type === "NewExpression") return urlsOf(node);
  const source = sourceOf(node);
  if (source === undefined) return [];
  const specifier = literal(source);
  if (specifier === undefined) return [{ kind: "computed", specifier: "" }];
  return [{ kind: kindOf(node), specifier }];
}

function kindOf(node: Node): ImportKind {
  if (node.type === "ImportExpression") return "dynamic";
  return isTypeOnly(node) ? "type" : "static";
}

function isTypeOnly(node: Node): boolean {
  return node.type === "TSImportType" || node["importKind"] === "type" || node["exportKind"] === "type";
}

/** `workerUrl(base, "./writer")` reaches ./writer.ts. */
function workersOf(node: Node): readonly Import[] {
  if (nameOf(node["callee"]) !== "workerUrl") return [];
  const name = literal(argument(node, 1));
  return [name === undefined ? { kind: "computed", specifier: "" } : { kind: "worker", specifier: `${name}.ts` }];
}

/** `new URL("./writer.ts", …)` is left as it is by the emit step, and so breaks the packed program. */
function urlsOf(node: Node): readonly Import[] {
  const target = nameOf(node["callee"]) === "URL" ? literal(argument(node, 0)) : undefined;
  return target !== undefined && /\.[cm]?[jt]s$/.test(target) ? [{ kind: "url", specifier: target }] : [];
}

function argument(node: Node, index: number): unknown {
  return Array.isArray(node["arguments"]) ? node["arguments"][index] : undefined;
}

function literal(value: unknown): string | undefined {
  return isNode(value) && typeof value["value"] === "string" ? value["value"] : undefined;
}

function nameOf(value: unknown): string | undefined {
  return isNode(value) && typeof value["name"] === "string" ? value["name"] : undefined;
}

function identifierOf(node: Node): readonly string[] {
  const isIdentifier = node.type === "Identifier" || node.type === "PrivateIdentifier";
  return isIdentifier && typeof node["name"] === "string" ? [node["name"]] : [];
}

function stringOf(node: Node): readonly string[] {
  const value = node["value"];
  if (node.type === "Literal" && typeof value === "string") return [value];
  if (node.type !== "TemplateElement" || typeof value !== "object" || value === null) return [];
  return "cooked" in value && typeof value.cooked === "string" ? [value.cooked] : [];
}

/** `process.exit`, `process.abort`, and the same taken out of node:process. */
function isExit(node: Node): boolean {
  const ending = new Set(["exit", "abort", "reallyExit"]);
  if (node.type === "MemberExpression")
    return nameOf(node["object"]) === "process" && ending.has(nameOf(node["property"]) ?? "");
  const specifiers = node.type === "ImportDeclaration" ? node["specifiers"] : [];
  if (literal(node["source"]) !== "node:process" || !Array.isArray(specifiers)) return false;
  return specifiers.some((specifier) => isNode(specifier) && ending.has(nameOf(specifier["imported"]) ?? ""));
}
