/** What a command is given, and what it answers: an exit status of sysexits.h. */

export interface CommandContext {
  readonly flags: ReadonlyMap<string, string>;
  readonly environment: NodeJS.ProcessEnv;
  /** Where the process was started. */
  readonly directory: string;
  /** Whole lines for whoever started the command. */
  readonly print: (text: string) => void;
  /** Whole lines, newline included, for logs and complaints. */
  readonly complain: (text: string) => void;
  readonly isTerminal: boolean;
  /** Aborts when the process is asked to stop. */
  readonly stop: AbortSignal;
  /** Calls the listener whenever the process is asked to read its configuration again. */
  readonly onReload: (listener: () => void) => void;
}

export interface Command {
  /** One line for `--help`. */
  readonly summary: string;
  run(context: CommandContext): Promise<number>;
}

export const EXIT = { ok: 0, usage: 64, internal: 70, configuration: 78 } as const;
