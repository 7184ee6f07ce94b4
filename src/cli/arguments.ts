/** The command line: one command, then flags as `--name value` or `--name=value`. */

export interface Arguments {
  readonly command: string | undefined;
  readonly flags: ReadonlyMap<string, string>;
  /** `--help`, `-h`; `--version`. */
  readonly wants: "help" | "version" | undefined;
}

/** Why a command line cannot be read. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** @throws UsageError */
export function parseArguments(argv: readonly string[]): Arguments {
  const flags = new Map<string, string>();
  const words: string[] = [];
  let wants: Arguments["wants"];
  const rest = [...argv];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === "--help" || word === "-h") wants = "help";
    else if (word === "--version") wants ??= "version";
    else if (!word.startsWith("-")) words.push(word);
    else putFlag(flags, word, rest);
  }
  if (words.length > 1)
    throw new UsageError(`"${words[1]}" stands after the command "${words[0]}"; one command at a time`);
  return { command: words[0], flags, wants };
}

function putFlag(flags: Map<string, string>, word: string, rest: string[]): void {
  const match = /^--([a-z][a-zA-Z0-9._-]*)(?:=(.*))?$/s.exec(word);
  const name = match?.[1];
  if (name === undefined) throw new UsageError(`${word} is no flag; pannier --help names them`);
  const value = match?.[2] ?? rest.shift();
  if (value === undefined) throw new UsageError(`--${name} wants a value`);
  if (flags.has(name)) throw new UsageError(`--${name} is given twice`);
  flags.set(name, value);
}
