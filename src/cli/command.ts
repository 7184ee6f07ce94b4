/** What a command is given, and what it answers: an exit status of sysexits.h. */

export interface CommandContext {
  /** After the command: what of it is asked for. */
  readonly words: readonly string[];
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
  /** Words that may follow it; none where absent. */
  readonly words?: readonly string[];
  /** What follows the word, for example a file; nothing where absent. */
  readonly argument?: string;
  /** Flags of its own, which are no settings, and what each is. */
  readonly flags?: ReadonlyMap<string, string>;
  /** Its program: who asks for one command does not hold the others. */
  load(): Promise<Run>;
}

/** Answers an exit status. */
export type Run = (context: CommandContext) => Promise<number>;

/** `interrupted` is EX_TEMPFAIL: asked again, it goes on. */
export const EXIT = { ok: 0, usage: 64, internal: 70, interrupted: 75, configuration: 78 } as const;
