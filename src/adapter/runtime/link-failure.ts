/** What a store that is elsewhere fails with, as far as its link goes: whether a write may have happened. */

import { Fault } from "../../model/fault.ts";

/** There was no connection, so nothing was sent. */
export class NotConnected extends Error {
  override readonly name = "NotConnected";

  constructor(cause?: unknown) {
    super("there is no connection", { cause });
  }
}

/** A write was sent, and nobody knows whether it happened. */
export class OutcomeUnknown extends Error {
  override readonly name = "OutcomeUnknown";

  constructor(cause?: unknown) {
    super("the write was sent, and its outcome is not known", { cause });
  }
}

export function outcomeUnknown(cause: OutcomeUnknown): Fault {
  return new Fault("WRITE_OUTCOME_UNKNOWN", "the write was sent, and its fate is unknown; read the row to see it", {
    cause,
    neverResend: true,
  });
}

/**
 * @param cause of a read, or of a write that was not sent
 * @param why a clause; where it is left out, what the link itself tells
 */
export function unreachable(cause: unknown, why: string | undefined = brokenBy(cause)): Fault {
  const text = `the database cannot be reached${why === undefined ? "" : `: ${why}`}; nothing was changed`;
  return new Fault("STORE_UNAVAILABLE", text, { cause, retryAfter: 1_000 });
}

/** What kept a link from being made, by the code of Node's error alone: its text names hosts. */
function brokenBy(error: unknown): string | undefined {
  if (!(error instanceof NotConnected) || !(error.cause instanceof Error) || !("code" in error.cause)) return undefined;
  const { code } = error.cause;
  if (typeof code !== "string") return undefined;
  if (/^(?:CERT_|ERR_TLS_CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_)/u.test(code))
    return `the server's certificate is not believed (${code}); see sslrootcert and sslmode`;
  return BROKEN.get(code);
}

const BROKEN: ReadonlyMap<string, string> = new Map([
  ["ECONNREFUSED", "nothing listens at its host and port"],
  ["ENOTFOUND", "the name of its host is not known"],
  ["EAI_AGAIN", "the name of its host cannot be looked up now"],
  ["EHOSTUNREACH", "no way leads to its host"],
  ["ENETUNREACH", "no way leads to its host"],
  ["ETIMEDOUT", "its host does not answer in time"],
  ["ENOENT", "a file of its password or certificates is not there"],
  ["EACCES", "a file of its password or certificates may not be read"],
]);
