/** The commands of `pannier`, and which of them a command line asks for. */

import { SETTINGS } from "../config/settings.ts";
import { productVersion } from "../server/version.ts";
import { COMMAND_FLAGS, parseArguments, UsageError } from "./arguments.ts";
import { COMMANDS } from "./commands.ts";
import { EXIT, type Command, type CommandContext } from "./command.ts";

/** Answers the exit status. */
export async function runCli(
  argv: readonly string[],
  context: Omit<CommandContext, "flags" | "words">,
): Promise<number> {
  try {
    const { command: name, words, flags, wants } = parseArguments(argv);
    if (wants === "version") return await printVersion(context);
    if (wants === "help" || name === "help") return printHelp(context);
    if (name === undefined) throw new UsageError(`no command; there is ${[...COMMANDS.keys()].join(", ")}`);
    const command = COMMANDS.get(name);
    if (!command) throw new UsageError(`"${name}" is no command; there is ${[...COMMANDS.keys()].join(", ")}`);
    checkWords(name, command, words);
    const alien = [...flags.keys()].find((flag) => COMMAND_FLAGS.has(flag) && !command.flags?.has(flag));
    if (alien !== undefined) throw new UsageError(`--${alien} is no flag of ${name}`);
    const run = await command.load();
    return await run({ ...context, words, flags });
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    context.complain(`pannier: ${error.message}\n`);
    return EXIT.usage;
  }
}

/** @throws UsageError */
function checkWords(name: string, command: Command, words: readonly string[]): void {
  const [word] = words;
  const { argument } = command;
  if (argument !== undefined && words.length < 2)
    throw new UsageError(`${name} wants what and where: pannier ${name} ${command.words?.join("|")} ${argument}`);
  if (word === undefined) return;
  const most = argument === undefined ? 1 : 2;
  if (words.length > most || !command.words?.includes(word))
    throw new UsageError(
      `"${words.length > most ? words.at(-1) : word}" follows the command "${name}"; ${wordsOf(command)}`,
    );
}

function wordsOf({ words }: Command): string {
  return words ? `it takes ${words.join(" or ")}` : "one command at a time";
}

async function printVersion({ print }: Pick<CommandContext, "print">): Promise<number> {
  print(`pannier ${await productVersion()}`);
  return EXIT.ok;
}

function printHelp({ print }: Pick<CommandContext, "print">): number {
  print("pannier <command> [--config pannier.yaml] [--setting value]\n");
  for (const [name, { summary }] of COMMANDS) print(`  ${name.padEnd(8)} ${summary}`);
  for (const [name, { flags }] of COMMANDS)
    for (const [flag, text] of flags ?? []) print(`    ${name} ${`--${flag}`.padEnd(12)} ${text}`);
  print("\nA setting is a flag, too (weakest first: default, pannier.yaml, PANNIER_ environment, flag);");
  print("but tokens.keys, which is a secret, and stores.NAME.options, which the file alone can set:\n");
  for (const [path, { text, type, fallback }] of Object.entries(SETTINGS)) {
    if (path === "tokens.keys" || type.kind === "map") continue;
    const flag = `--${path.replaceAll("_", "-").replace("*", "NAME")}`;
    print(`  ${flag.padEnd(36)} ${text}${fallback === undefined || fallback === "" ? "" : ` [${fallback}]`}`);
  }
  return EXIT.ok;
}
