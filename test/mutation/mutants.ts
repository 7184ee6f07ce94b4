/**
 * The mutants of a source file, all in one text: each place asks at run time whether its mutant is the active one, so that
 * nothing is loaded anew between two of them.
 */

import { parseAst } from "vitest/node";

export interface Mutant {
  readonly id: number;
  /** Relative to the repository. */
  readonly path: string;
  readonly line: number;
  readonly original: string;
  readonly replacement: string;
}

export interface Mutated {
  /** With `$m(id)` where a mutant is. */
  readonly code: string;
  readonly mutants: readonly Mutant[];
}

/** A node of the parsed tree, as far as it is looked at. */
interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [property: string]: unknown;
}

const OPERATORS: { readonly [operator: string]: readonly string[] } = {
  "===": ["!=="],
  "!==": ["==="],
  "<": ["<=", ">="],
  "<=": ["<", ">"],
  ">": [">=", "<="],
  ">=": [">", "<"],
  "+": ["-"],
  "-": ["+"],
  "*": ["/"],
  "/": ["*"],
  "%": ["*"],
  "&&": ["||"],
  "||": ["&&"],
};

/**
 * @param first the number of the first mutant
 * @param isWanted by number: whether the mutant is in the text
 */
export function mutantsOf(
  path: string,
  source: string,
  first: number,
  isWanted: (id: number) => boolean = () => true,
): Mutated {
  const mutants: Mutant[] = [];
  const lineAt = lineCounter(source);

  const add = (node: Node, replacement: string): number => {
    const id = first + mutants.length;
    const shown = (text: string): string => text.replaceAll(/\s+/gu, " ");
    mutants.push({
      id,
      path,
      line: lineAt(node.start),
      original: shown(textOf(node)),
      replacement: shown(replacement),
    });
    return id;
  };
  const textOf = ({ start, end }: Node): string => source.slice(start, end);

  /** The text of a node with the mutants in it. */
  const render = (node: Node): string => {
    let text = renderChildren(node);
    for (const replacement of replacementsOf(node, textOf)) {
      const id = add(node, replacement);
      if (isWanted(id)) text = `($m(${id}) ? (${replacement}) : (${text}))`;
    }
    if (!isDroppable(node)) return text;
    const id = add(node, "nothing");
    // In braces: an else behind it belongs to an if before it.
    return isWanted(id) ? `{ if (!$m(${id})) ${text} }` : text;
  };
  const renderChildren = (node: Node): string => {
    let text = "";
    let at = node.start;
    for (const child of childrenOf(node)) {
      text += source.slice(at, child.start) + render(child);
      at = child.end;
    }
    return text + source.slice(at, node.end);
  };

  const program = parseAst(source, { lang: "ts" }) as unknown as Node; // of its tree only what Node names is read
  const code = source.slice(0, program.start) + renderChildren(program) + source.slice(program.end);
  return { code, mutants };
}

/** What stands there instead. Parts are in parentheses: the tree has none, and what a part binds is its own. */
function replacementsOf(node: Node, textOf: (node: Node) => string): readonly string[] {
  switch (node.type) {
    case "BinaryExpression":
    case "LogicalExpression": {
      const operator = String(node["operator"]);
      const [left, right] = [node["left"], node["right"]];
      if (!isNode(left) || !isNode(right)) return [];
      const sides = [textOf(left), textOf(right)] as const;
      if (operator === "??") return [sides[0], sides[1]];
      if (operator === "+" && sides.some((side) => /^["'`]/u.test(side))) return [];
      return (OPERATORS[operator] ?? []).map((other) => `(${sides[0]}) ${other} (${sides[1]})`);
    }
    case "UnaryExpression":
      return node["operator"] === "!" && isNode(node["argument"]) ? [textOf(node["argument"])] : [];
    case "ConditionalExpression": {
      const { consequent, alternate } = node;
      return isNode(consequent) && isNode(alternate) ? [textOf(consequent), textOf(alternate)] : [];
    }
    case "Literal":
      return literalReplacements(node, textOf(node));
    default:
      return [];
  }
}

function literalReplacements({ value }: Node, text: string): readonly string[] {
  if (typeof value === "boolean") return [String(!value)];
  if (/^\d[\d_]*n?$/u.test(text)) return [text.endsWith("n") ? `${text} + 1n` : `${text} + 1`];
  return [];
}

/** Statements that are there for their effect alone. */
function isDroppable(node: Node): boolean {
  if (node.type !== "ExpressionStatement" || node["directive"]) return false;
  const { expression } = node;
  if (!isNode(expression)) return false;
  const inner = expression.type === "AwaitExpression" ? expression["argument"] : expression;
  if (!isNode(inner)) return false;
  const isSuper = inner.type === "CallExpression" && isNode(inner["callee"]) && inner["callee"].type === "Super";
  return !isSuper && ["CallExpression", "AssignmentExpression", "UpdateExpression"].includes(inner.type);
}

/** Expressions and statements, in the order of the text; no types, names or keys. */
function childrenOf(node: Node): readonly Node[] {
  const children: Node[] = [];
  for (const [name, value] of Object.entries(node)) {
    if (name === "typeAnnotation" || name === "typeArguments" || name === "typeParameters") continue;
    if (name === "key" && node["computed"] !== true) continue;
    if (name === "source" || name === "attributes" || name === "decorators") continue;
    for (const each of Array.isArray(value) ? value : [value]) if (isNode(each) && !isType(each)) children.push(each);
  }
  // A shorthand property and its value, or an import and its name, are one place.
  return children
    .toSorted((a, b) => a.start - b.start)
    .filter((child, i, all) => i === 0 || child.start >= (all[i - 1]?.end ?? 0));
}

const EXPRESSIONS_WITH_TYPES = new Set(["TSAsExpression", "TSNonNullExpression", "TSSatisfiesExpression"]);

function isType({ type }: Node): boolean {
  return type.startsWith("TS") && !EXPRESSIONS_WITH_TYPES.has(type);
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && "start" in value;
}

function lineCounter(source: string): (offset: number) => number {
  const starts = [...source.matchAll(/\n/gu)].map(({ index }) => index);
  return (offset) => 1 + starts.filter((start) => start < offset).length;
}
