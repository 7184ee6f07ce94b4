/** The log: pino lines as JSON, or one plain line each for a person at a terminal. */

import { pino, type DestinationStream, type Logger } from "pino";

export interface LogOptions {
  readonly level: string;
  readonly format: "json" | "console";
  /** In every line. */
  readonly base: { readonly [name: string]: string };
}

export interface Log {
  trace(fields: object, text: string): void;
  debug(fields: object, text: string): void;
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
  error(fields: object, text: string): void;
  fatal(fields: object, text: string): void;
  isLevelEnabled(level: string): boolean;
  /** The same log with more fields in every line; it follows this one's level. */
  child(fields: object): Log;
}

/** The log of the process, whose level may change. */
export interface ProcessLog extends Log {
  setLevel(level: string): void;
}

/** Lines go to `write`, whole and with their newline; nothing is buffered, so nothing is lost at the end. */
export function createLog(options: LogOptions, write: (line: string) => void): ProcessLog {
  const destination: DestinationStream = {
    write: options.format === "json" ? write : (line) => write(consoleLine(line)),
  };
  const logger = pino(
    {
      level: options.level,
      base: options.base,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
    },
    destination,
  );
  return { ...wrap(logger, {}), setLevel: (level) => void (logger.level = level) };
}

/** Children are not pino's own, which keep the level they were made with. */
function wrap(logger: Logger, own: object): Log {
  return {
    trace: (fields, text) => logger.trace({ ...own, ...fields }, text),
    debug: (fields, text) => logger.debug({ ...own, ...fields }, text),
    info: (fields, text) => logger.info({ ...own, ...fields }, text),
    warn: (fields, text) => logger.warn({ ...own, ...fields }, text),
    error: (fields, text) => logger.error({ ...own, ...fields }, text),
    fatal: (fields, text) => logger.fatal({ ...own, ...fields }, text),
    isLevelEnabled: (level) => logger.isLevelEnabled(level),
    child: (fields) => wrap(logger, { ...own, ...fields }),
  };
}

const hidden = new Set(["time", "level", "msg", "service", "environment", "err"]);

/** `09:41:07.123 info  listening  address=127.0.0.1:7070`; an error's stack follows on lines of its own. */
function consoleLine(line: string): string {
  const entry: unknown = JSON.parse(line);
  if (typeof entry !== "object" || entry === null) return line;
  const fields: ReadonlyMap<string, unknown> = new Map(Object.entries(entry));
  const shown = Array.from(fields).filter(([name]) => !hidden.has(name));
  const rest = shown
    .map(([name, value]) => ` ${name}=${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join("");
  const time = String(fields.get("time")).slice(11, 23);
  return `${time} ${String(fields.get("level")).padEnd(5)} ${String(fields.get("msg"))}${rest}\n${stackOf(fields.get("err"))}`;
}

function stackOf(error: unknown): string {
  if (typeof error !== "object" || error === null || !("stack" in error)) return "";
  return `${String(error.stack)}\n`;
}
