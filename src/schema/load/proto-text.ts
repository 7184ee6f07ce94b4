/** The text of a .proto file, as far as it must be read before it is compiled. */

/** A literal with its quotes, a comment, a name or number, or any other character. */
const TOKEN = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|\/\/[^\n]*|\/\*[\s\S]*?\*\/|[\w.]+|\S/g;

/** What the compiler sees: equal for texts that differ in comments and white space alone. */
export function tokensOf(text: Uint8Array): readonly string[] {
  const found = Buffer.from(text).toString("utf8").match(TOKEN) ?? [];
  return found.filter((token) => !token.startsWith("//") && !token.startsWith("/*"));
}

export function isSameProto(a: Uint8Array, b: Uint8Array): boolean {
  if (Buffer.from(a).equals(b)) return true;
  const others = tokensOf(b);
  const tokens = tokensOf(a);
  return tokens.length === others.length && tokens.every((token, i) => token === others[i]);
}

/** Import names, as written; where no file can be made of the text, what looks like them. */
export function importedNames(text: Uint8Array): readonly string[] {
  const names: string[] = [];
  const tokens = tokensOf(text);
  tokens.forEach((token, i) => {
    if (token !== "import") return;
    const next = MODIFIERS.has(tokens[i + 1] ?? "") ? tokens[i + 2] : tokens[i + 1];
    if (next?.startsWith('"') || next?.startsWith("'")) names.push(next.slice(1, -1));
  });
  return names;
}

const MODIFIERS: ReadonlySet<string> = new Set(["public", "weak", "option"]);

/** The import that a line holds, counted from 1; undefined where none does. */
export function importOnLine(text: Uint8Array, line: number): string | undefined {
  const found = Buffer.from(text).toString("utf8").split("\n")[line - 1];
  return found === undefined ? undefined : importedNames(Buffer.from(found))[0];
}
