/** What every command that needs the configuration begins with. */

import type { Adapter } from "../adapter/adapter.ts";
import { ConfigurationRefused } from "../config/finding.ts";
import { checkStores } from "../compose/check-stores.ts";
import { configurationFile, loadConfiguration, type Config, type LoadedConfiguration } from "../config/config.ts";
import { Fault } from "../model/fault.ts";
import type { ReloadSource } from "../server/upkeep.ts";
import { createLog, type ProcessLog } from "../telemetry/log.ts";
import { COMMAND_FLAGS } from "./arguments.ts";
import { EXIT, type CommandContext } from "./command.ts";

export interface Started {
  readonly config: Config;
  readonly log: ProcessLog;
  /** How the configuration is read again. */
  readonly reload: ReloadSource;
}

/** @throws ConfigurationRefused */
export async function start(context: CommandContext): Promise<Started> {
  const { environment, directory } = context;
  const flags = settingsIn(context.flags);
  let hadFile = false;
  const load = async (): Promise<LoadedConfiguration> => {
    const found = await loadConfiguration({ environment, flags, directory, hadFile, checkStores });
    hadFile ||= found.hasFile;
    return found;
  };
  const loaded = await load();
  const { config, warnings } = loaded;
  const log = logOf(config, context);
  for (const warning of warnings) log.warn({}, warning);
  const { path } = configurationFile({ environment, flags, directory });
  return { config, log, reload: { loaded, load, file: path, onRequest: context.onReload } };
}

/** Flags that commands have for themselves are no settings. */
function settingsIn(flags: CommandContext["flags"]): CommandContext["flags"] {
  return new Map([...flags].filter(([name]) => !COMMAND_FLAGS.has(name)));
}

function logOf({ log, service }: Config, { isTerminal, complain }: CommandContext): ProcessLog {
  const format = log.format === "auto" ? (isTerminal ? "console" : "json") : log.format;
  const base = { service: service.name, ...(service.environment === "" ? {} : { environment: service.environment }) };
  return createLog({ level: log.level, format, base }, complain);
}

/** Errors that say by themselves what to mend; by name, because they come from every stage. */
const telling: ReadonlySet<string> = new Set(["StartRefused", "SchemeRefused", "AddressRefused", "FolderRefused"]);

/** What a store failed with while a command asked it, in words for the operator; a mistake of ours stays as it is. */
export function faultOf(error: unknown, adapter: Pick<Adapter, "classify">): unknown {
  const fault = adapter.classify(error);
  return fault.reason === "INTERNAL" ? error : fault;
}

/** Tells whoever started the command why it ends, and answers the exit status. */
export function complainOf(error: unknown, { complain }: CommandContext): number {
  if (error instanceof ConfigurationRefused || (error instanceof Error && telling.has(error.name))) {
    complain(`pannier: ${error.message.replaceAll("\n", "\npannier: ")}\n`);
    return EXIT.configuration;
  }
  if (error instanceof Fault) {
    const place = error.detail.store === undefined ? "" : `stores.${error.detail.store}: `;
    complain(`pannier: ${place}${error.message} (${error.reason})\n`);
    return EXIT.configuration;
  }
  throw error;
}
