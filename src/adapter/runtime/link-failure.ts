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

/** @param cause of a read, or of a write that was not sent */
export function unreachable(cause: unknown): Fault {
  return new Fault("STORE_UNAVAILABLE", "the database cannot be reached; nothing was changed", {
    cause,
    retryAfter: 1_000,
  });
}
