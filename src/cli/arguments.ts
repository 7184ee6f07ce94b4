/** The command line: one command, then flags as `--name value` or `--name=value`. */

export interface Arguments {
  readonly command: string | undefined;
  /** After the command. */
  readonly words: readonly string[];
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
  const [command, ...more] = words;
  return { command, words: more, flags, wants };
}

/** Flags that commands have for themselves; all others are settings. */
export const COMMAND_FLAGS: ReadonlySet<string> = new Set([
  "accept",
  "against",
  "check",
  "json",
  "out",
  "overwrite",
  "package",
]);

/** Flags without a value. */
const SWITCHES: ReadonlySet<string> = new Set(["check", "json", "overwrite"]);

/** Flags that may be given again, and gather. */
const GATHERED: ReadonlySet<string> = new Set(["accept"]);

function putFlag(flags: Map<string, string>, word: string, rest: string[]): void {
  const match = /^--([a-z][a-zA-Z0-9._-]*)(?:=(.*))?$/s.exec(word);
  const name = match?.[1];
  if (name === undefined) throw new UsageError(`${word} is no flag; pannier --help names them`);
  const value = match?.[2] ?? (SWITCHES.has(name) ? "true" : rest.shift());
  if (value === undefined) throw new UsageError(`--${name} wants a value`);
  const before = flags.get(name);
  if (before !== undefined && !GATHERED.has(name)) throw new UsageError(`--${name} is given twice`);
  flags.set(name, before === undefined ? value : `${before},${value}`);
}
