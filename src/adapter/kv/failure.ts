/** What errors of the engine mean, by their codes. */

import { Fault } from "../../model/fault.ts";
import { CommitFailed } from "./engine.ts";

/** The engine's own code, which may be in the cause. */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  return codeOf(error.cause) ?? ("code" in error && typeof error.code === "string" ? error.code : undefined);
}

const HELD =
  "another process has it open, and only one can; end that process, or give this one a path of its own (it is tried again)";

/** Whether another process has the database open. */
export function isLocked(error: unknown): boolean {
  return codeOf(error) === "LEVEL_LOCKED";
}

/** Undefined for errors that are not the engine's. */
export function engineFault(error: unknown): Fault | undefined {
  if (error instanceof CommitFailed)
    return new Fault("WRITE_OUTCOME_UNKNOWN", "the write was handed to the disk and its fate is unknown", {
      cause: error,
      neverResend: true,
    });
  switch (codeOf(error) ?? "") {
    case "LEVEL_CORRUPTION":
      return new Fault("STORE_CORRUPT", "the database is damaged", { cause: error });
    case "LEVEL_LOCKED":
      return new Fault("STORE_UNAVAILABLE", HELD, { cause: error, retryAfter: 1_000 });
    case "LEVEL_IO_ERROR":
    case "EACCES":
    case "EEXIST":
    case "EIO":
    case "ENOENT":
    case "ENOSPC":
    case "ENOTDIR":
    case "EPERM":
    case "EROFS":
    case "LEVEL_DATABASE_NOT_OPEN":
    case "LEVEL_ITERATOR_NOT_OPEN":
    case "LEVEL_SNAPSHOT_NOT_OPEN":
      return new Fault("STORE_UNAVAILABLE", "the database cannot be used now", { cause: error, retryAfter: 1_000 });
    default:
      return undefined;
  }
}
