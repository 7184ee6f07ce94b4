/** The commands of `pannier`, and which of them a command line asks for. */

import { SETTINGS } from "../config/settings.ts";
import { productVersion } from "../server/version.ts";
import { parseArguments, UsageError } from "./arguments.ts";
import { check } from "./check.ts";
import { EXIT, type Command, type CommandContext } from "./command.ts";
import { serve } from "./serve.ts";

const commands: ReadonlyMap<string, Command> = new Map([
  ["serve", serve],
  ["check", check],
]);

/** Answers the exit status. */
export async function runCli(argv: readonly string[], context: Omit<CommandContext, "flags">): Promise<number> {
  try {
    const { command: name, flags, wants } = parseArguments(argv);
    if (wants === "version") return await printVersion(context);
    if (wants === "help" || name === "help") return printHelp(context);
    if (name === undefined) throw new UsageError(`no command; there is ${[...commands.keys()].join(", ")}`);
    const command = commands.get(name);
    if (!command) throw new UsageError(`"${name}" is no command; there is ${[...commands.keys()].join(", ")}`);
    return await command.run({ ...context, flags });
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    context.complain(`pannier: ${error.message}\n`);
    return EXIT.usage;
  }
}

async function printVersion({ print }: Pick<CommandContext, "print">): Promise<number> {
  print(`pannier ${await productVersion()}`);
  return EXIT.ok;
}

function printHelp({ print }: Pick<CommandContext, "print">): number {
  print("pannier <command> [--config pannier.yaml] [--setting value]\n");
  for (const [name, { summary }] of commands) print(`  ${name.padEnd(8)} ${summary}`);
  print("\nEvery setting is a flag, too (weakest first: default, pannier.yaml, PANNIER_ environment, flag):\n");
  for (const [path, { text, fallback }] of Object.entries(SETTINGS)) {
    const flag = `--${path.replaceAll("_", "-").replace("*", "NAME")}`;
    print(`  ${flag.padEnd(36)} ${text}${fallback === undefined || fallback === "" ? "" : ` [${fallback}]`}`);
  }
  return EXIT.ok;
}
