/** TypeScript text as prettier leaves it, at 120 columns: only what generated modules consist of. */

const WIDTH = 120;

/** A comment before a declaration at this indent; nothing for an empty text. */
export function docComment(text: string, indent: string): string {
  if (text === "") return "";
  const lines = text.replaceAll("*/", "*\\/").split("\n");
  if (lines.length === 1) return `${indent}/** ${text.replaceAll("*/", "*\\/")} */\n`;
  return `${indent}/**\n${lines.map((line) => `${indent} *${line === "" ? "" : ` ${line}`}\n`).join("")}${indent} */\n`;
}

/** A member of an interface; a union that is too long for its line has one of its own, or a line for each type. */
export function member(head: string, types: readonly string[], indent = "  "): string {
  const line = `${indent}readonly ${head}: ${types.join(" | ")};\n`;
  if (line.length <= WIDTH + 1 || types.length === 1) return line;
  const next = `${indent}  ${types.join(" | ")};\n`;
  if (next.length <= WIDTH + 1) return `${indent}readonly ${head}:\n${next}`;
  return `${indent}readonly ${head}:\n${types.map((type) => `${indent}  | ${type}`).join("\n")};\n`;
}

/** `export type Name = …;` */
export function typeAlias(name: string, types: readonly string[]): string {
  const line = `export type ${name} = ${types.join(" | ")};\n`;
  if (line.length <= WIDTH + 1 || types.length === 1) return line;
  return `export type ${name} =\n${types.map((type) => `  | ${type}`).join("\n")};\n`;
}

/** Between two texts, items in braces, brackets and the like: on one line where they fit behind `before`, else a line each. */
export function group(before: string, open: string, items: readonly string[], after: string, indent = ""): string {
  const close = open === "[" ? "]" : "}";
  const [inner, empty] = open === "[" ? [items.join(", "), "[]"] : [` ${items.join(", ")} `, "{}"];
  const line = items.length === 0 ? `${indent}${before}${empty}${after}` : `${indent}${before}${open}${inner}${close}${after}`; // prettier-ignore
  if (line.length <= WIDTH) return `${line}\n`;
  return `${indent}${before}${open}\n${items.map((item) => `${indent}  ${item},\n`).join("")}${indent}${close}${after}\n`;
}

/** The name of a property, in quotes where it is no identifier. */
export function property(name: string): string {
  return IDENTIFIER.test(name) ? name : JSON.stringify(name);
}

export const IDENTIFIER: RegExp = /^[a-zA-Z_$][\w$]*$/;

/** An interface with these members, each with its comment before it. */
export function interfaceText(name: string, members: readonly string[]): string {
  return `export interface ${name} {${members.length === 0 ? "" : `\n${members.join("")}`}}\n`;
}
